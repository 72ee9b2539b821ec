-- SPDX-License-Identifier: LGPL-2.1-or-later
--
-- What is to be done, and on how many machines: the advice of the gravest finding of each crash.
SELECT verdict_level, count(*) AS crashes, count(DISTINCT host) AS hosts, advice
FROM crash
WHERE advice <> ''
GROUP BY verdict_level, advice
ORDER BY crashes DESC, verdict_level, advice;
