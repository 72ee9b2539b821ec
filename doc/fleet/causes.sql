-- SPDX-License-Identifier: LGPL-2.1-or-later
--
-- What goes wrong, and on how many machines: the most frequent first, healthy adoptions included.
SELECT signature, count(*) AS crashes, count(DISTINCT host) AS hosts, min(day) AS first_day, max(day) AS last_day, cause
FROM crash
GROUP BY signature, cause
ORDER BY crashes DESC, signature;
