-- SPDX-License-Identifier: LGPL-2.1-or-later
--
-- Where the stream table was not adopted: why, behind which SMMU, under which capture kernel.
SELECT state, smmu_iidr, kernel, count(*) AS crashes, count(DISTINCT host) AS hosts, reason
FROM crash
WHERE state <> 'adopted'
GROUP BY state, smmu_iidr, kernel, reason
ORDER BY crashes DESC, state, smmu_iidr, kernel, reason;
