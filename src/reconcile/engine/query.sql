WITH
-- Operations that are one and the same count once.
operation AS (
  SELECT k1, k2, seq, op, d1, d2, time, unkeyed, incomparable, marked,
    min(bucket) AS o_bucket, count(*) AS o_rows,
    sum(CAST(k2 AS {wide})) AS o_keys, sum(CAST(d2 AS {wide})) AS o_digests
  FROM pc_source
  GROUP BY k1, k2, seq, op, d1, d2, time, unkeyed, incomparable, marked
),
-- Operations of one key and one sequence.
step AS (
  SELECT k1, k2, seq, min(o_bucket) AS s_bucket, count(*) AS s_operations, sum(o_rows) AS s_rows,
    sum(o_keys) AS s_keys, sum(o_digests) AS s_digests, max(op) AS s_op, max(d1) AS s_d1, max(d2) AS s_d2,
    max(time) AS s_time, max(unkeyed) AS s_unkeyed, max(incomparable) AS s_incomparable,
    max(CASE WHEN {is_due} THEN 1 ELSE 0 END) AS s_due
  FROM operation
  GROUP BY k1, k2, seq
),
-- Operations of one key.
fold AS (
  SELECT k1, k2, max(seq) AS last_seq, sum(s_rows) AS f_rows, sum(s_keys) AS f_keys, sum(s_digests) AS f_digests,
    count(*) AS f_steps, max(CASE WHEN s_due = 1 THEN seq END) AS due_seq
  FROM step
  GROUP BY k1, k2
),
meant AS (
  SELECT step.k1 AS m_k1, step.k2 AS m_k2, s_bucket, seq AS m_seq, s_operations, s_op, s_d1, s_d2, s_time,
    s_unkeyed, s_incomparable, f_rows, f_keys, f_digests,
    CASE WHEN f_steps > 1 AND due_seq IS NOT NULL THEN 1 ELSE 0 END AS m_due
  FROM step JOIN fold ON step.k1 = fold.k1 AND step.k2 = fold.k2 AND step.seq = fold.last_seq
),
-- Records of one key in the target.
held AS (
  SELECT k1 AS h_k1, k2 AS h_k2, min(bucket) AS h_bucket, count(*) AS h_records, max(seq) AS h_seq,
    max(d1) AS h_d1, max(d2) AS h_d2, min(time) AS h_time, max(unkeyed) AS h_unkeyed,
    max(incomparable) AS h_incomparable, max(marked) AS h_marked,
    sum(CAST(k2 AS {wide})) AS h_keys, sum(CAST(d2 AS {wide})) AS h_digests
  FROM pc_target
  GROUP BY k1, k2
),
-- Keys of which the target shows an operation since the last one whose term has passed.
shown AS (
  SELECT operation.k1 AS w_k1, operation.k2 AS w_k2, count(*) AS w_rows
  FROM operation
  JOIN fold ON operation.k1 = fold.k1 AND operation.k2 = fold.k2
  LEFT JOIN held ON operation.k1 = h_k1 AND operation.k2 = h_k2
  WHERE f_steps > 1 AND seq >= due_seq
    AND ((op = 68 AND h_records IS NULL AND NOT ({is_early_operation}))
      OR (op <> 68 AND h_records = 1 AND d1 = h_d1 AND d2 = h_d2 AND {is_no_older_than_operation}))
  GROUP BY operation.k1, operation.k2
),
pair AS (
  SELECT coalesce(m_k1, h_k1) AS p_k1, coalesce(m_k2, h_k2) AS p_k2, coalesce(s_bucket, h_bucket) AS p_bucket,
    coalesce(m_seq, h_seq) AS p_seq, m_seq, h_seq, s_time, h_time,
    coalesce(s_operations, 0) AS operations, coalesce(h_records, 0) AS records, coalesce(s_op, 0) AS op,
    CASE WHEN s_op = 85 OR s_op = 65 THEN 1 ELSE 0 END AS expected,
    CASE WHEN s_unkeyed = 1 OR h_unkeyed = 1 THEN 1 ELSE 0 END AS unkeyed,
    CASE WHEN s_incomparable = 1 OR h_incomparable = 1 THEN 1 ELSE 0 END AS p_incomparable,
    coalesce(h_marked, 0) AS marked,
    CASE WHEN s_d1 = h_d1 AND s_d2 = h_d2 THEN 1 ELSE 0 END AS same,
    coalesce(m_due, 0) AS p_due, coalesce(f_rows, 0) AS source_rows, coalesce(f_keys, 0) AS source_keys,
    coalesce(f_digests, 0) AS source_digests,
    coalesce(h_keys, 0) AS target_keys, coalesce(h_digests, 0) AS target_digests
  FROM meant FULL OUTER JOIN held ON m_k1 = h_k1 AND m_k2 = h_k2
),
-- Answers of the receiver to an operation.
refusal AS (
  SELECT k1 AS r_k1, k2 AS r_k2, {rejects_seq} AS r_seq, max(time) AS r_time
  FROM pc_rejects
  GROUP BY k1, k2{rejects_group}
),
receipt AS (
  SELECT k1 AS a_k1, k2 AS a_k2, {receipts_seq} AS a_seq, max(time) AS a_time,
    max(CASE WHEN (d1 <> 0 AND d1 <> 2 OR d2 <> 0) AND time <= {answers_until} THEN time END) AS yes_time,
    max(CASE WHEN d1 = 0 AND d2 = 0 THEN time END) AS no_time
  FROM pc_receipts
  GROUP BY k1, k2{receipts_group}
),
-- Deletions that an earlier run saw done.
gone_once AS (
  SELECT k1 AS g_k1, k2 AS g_k2, seq AS g_seq
  FROM pc_gone
  GROUP BY k1, k2, seq
),
gone_ever AS (
  SELECT k1 AS e_k1, k2 AS e_k2, count(*) AS e_rows
  FROM pc_gone
  GROUP BY k1, k2
),
fact AS (
  SELECT p_k1, p_k2, p_bucket, p_seq, operations, records, op, expected, unkeyed, marked,
    source_rows, source_keys, source_digests, target_keys, target_digests, s_time, h_time,
    CASE WHEN expected = 1 AND records > 0 THEN p_incomparable ELSE 0 END AS incomparable,
    CASE WHEN op = 68 AND records = 0 AND NOT ({is_early}) THEN 1
      WHEN expected = 1 AND records = 1 AND same = 1 AND {is_no_older} THEN 1 ELSE 0 END AS is_right,
    CASE WHEN {is_ahead} THEN 1 ELSE 0 END AS ahead,
    CASE WHEN {is_settled} THEN 1 ELSE 0 END AS settled,
    CASE WHEN {is_rejected} THEN 1 ELSE 0 END AS rejected,
    CASE WHEN {is_answered} THEN 1 ELSE 0 END AS answered,
    CASE WHEN {is_accepted} THEN 1 ELSE 0 END AS accepted,
    CASE WHEN {is_refused} THEN 1 ELSE 0 END AS refused,
    CASE WHEN g_seq IS NOT NULL OR (operations = 0 AND e_rows IS NOT NULL) THEN 1 ELSE 0 END AS seen_gone,
    CASE WHEN {is_overdue} OR (p_due = 1 AND w_rows IS NULL) OR (op = 68 AND records = 0 AND {is_early})
      THEN 1 ELSE 0 END AS overdue,
    CASE WHEN {is_answer_overdue} THEN 1 ELSE 0 END AS answer_overdue,
    CASE WHEN {is_loaded_late} THEN 1 ELSE 0 END AS loaded_late,
    CASE WHEN {is_future} THEN 1 ELSE 0 END AS future,
    CASE WHEN {is_scheduled} THEN 1 ELSE 0 END AS scheduled
  FROM pair
  LEFT JOIN shown ON p_k1 = w_k1 AND p_k2 = w_k2
  LEFT JOIN refusal ON p_k1 = r_k1 AND p_k2 = r_k2{rejects_join}
  LEFT JOIN receipt ON p_k1 = a_k1 AND p_k2 = a_k2{receipts_join}
  LEFT JOIN gone_once ON p_k1 = g_k1 AND p_k2 = g_k2 AND m_seq = g_seq
  LEFT JOIN gone_ever ON p_k1 = e_k1 AND p_k2 = e_k2
),
judged AS (
  SELECT p_k1, p_k2, p_bucket, p_seq, CASE WHEN op = 0 THEN 85 ELSE op END AS j_op, operations AS j_operations, records AS j_records, source_rows AS j_rows,
    source_keys AS j_keys, source_digests AS j_digests, target_keys AS j_target_keys,
    target_digests AS j_target_digests, future AS j_future, scheduled AS j_scheduled,
    CASE
{arms}
    END AS class,
    CASE
      WHEN operations <> 1 OR unkeyed = 1 THEN 0
      WHEN op = 68 THEN {deletion_band}
      ELSE {upload_band}
    END AS band
  FROM fact
),
-- Control rows are told apart only now, after they were judged like all others.
seen AS (
  SELECT judged.*, CASE WHEN pc_control.k1 IS NULL THEN 0 ELSE 1 END AS is_control
  FROM judged LEFT JOIN pc_control ON p_k1 = pc_control.k1 AND p_k2 = pc_control.k2
),
cell AS (
  SELECT p_bucket AS c_bucket, class AS c_class, band AS c_band, count(*) AS c_keys,
    sum(CASE WHEN class = 'unkeyed' THEN j_rows + j_records ELSE 1 END) AS c_records,
    sum(CASE WHEN class = 'unkeyed' THEN 0 ELSE j_rows - j_operations END) AS c_superseded,
    sum(j_rows) AS c_source_rows, sum(j_keys) AS c_source_keys, sum(j_digests) AS c_source_digests,
    sum(j_records) AS c_target_rows, sum(j_target_keys) AS c_target_keys, sum(j_target_digests) AS c_target_digests,
    sum(j_future) AS c_future, sum(j_scheduled) AS c_scheduled, min(CASE WHEN is_control = 0 THEN p_k1 END) AS c_first
  FROM seen
  GROUP BY p_bucket, class, band
)
SELECT '{run}' AS run, '{text}' AS text, 'cell' AS part, c_bucket AS bucket, c_class AS class, c_band AS band,
  0 AS k1, 0 AS k2, 0 AS seq, 0 AS op, c_keys AS keys, c_records AS records, c_superseded AS superseded,
  c_source_rows AS source_rows, c_source_keys AS source_keys, c_source_digests AS source_digests,
  c_target_rows AS target_rows, c_target_keys AS target_keys, c_target_digests AS target_digests,
  c_future AS future, c_scheduled AS scheduled
FROM cell
UNION ALL
SELECT '{run}' AS run, '{text}' AS text, 'row' AS part, p_bucket AS bucket, class, band,
  p_k1 AS k1, p_k2 AS k2, p_seq AS seq, j_op AS op, 1 AS keys,
  CASE WHEN class = 'unkeyed' THEN j_rows + j_records ELSE 1 END AS records,
  CASE WHEN class = 'unkeyed' THEN 0 ELSE j_rows - j_operations END AS superseded,
  j_rows AS source_rows, j_keys AS source_keys, j_digests AS source_digests,
  j_records AS target_rows, j_target_keys AS target_keys, j_target_digests AS target_digests,
  j_future AS future, j_scheduled AS scheduled
FROM seen JOIN cell ON p_bucket = c_bucket AND class = c_class AND band = c_band
WHERE is_control = 1 OR (class NOT IN ({unlisted}) AND (c_keys <= {bound} OR p_k1 = c_first))
ORDER BY part, bucket, class, band, k1, k2
{ending}
