# Loads records.
class Loader
  attr_reader :count

  def initialize
    @count = 0
  end

  # Keeps the records that have an id, newest last.
  def load(rows)
    kept = rows.select { |row| row.key?(:id) }
    if kept.empty?
      return []
    end
    @count += kept.length
    kept.sort_by { |row| row[:day] }
  end
end
