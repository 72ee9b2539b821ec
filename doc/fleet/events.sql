-- SPDX-License-Identifier: LGPL-2.1-or-later
--
-- Faults that the crashed kernel never read: they may be why it crashed.
SELECT event, event_kind, count(*) AS crashes, count(DISTINCT host) AS hosts, sum(unread_events) AS events,
    sum(events_lost) AS rings_overflowed
FROM crash
WHERE unread_events > 0
GROUP BY event, event_kind
ORDER BY crashes DESC, event, event_kind;
