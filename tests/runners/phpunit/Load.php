<?php
declare(strict_types=1);

final class Load
{
    private int $count = 0;

    /** Keeps the records that have an id, newest last. */
    public static function load(array $rows): array
    {
        $kept = array_filter($rows, fn (array $row): bool => isset($row['id']));
        if ($kept === []) {
            return [];
        }
        usort($kept, fn (array $a, array $b): int => $a['day'] <=> $b['day']);
        return $kept;
    }

    public function add(array $rows): int
    {
        $this->count += count(self::load($rows));
        return $this->count;
    }
}
