-- SPDX-License-Identifier: LGPL-2.1-or-later
--
-- Devices that were live and not stopped before they got a new entry, by vendor:class and driver.
SELECT late_kind, late_driver, count(*) AS crashes, count(DISTINCT host) AS hosts, sum(late_devices) AS devices,
    sum(failed_steps) AS steps_failed
FROM crash
WHERE late_devices > 0
GROUP BY late_kind, late_driver
ORDER BY crashes DESC, late_kind, late_driver;
