/** How many processors there are to use here, by what Node.js knows and by what a container is allowed. */
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { processorsWithin, quotaFolders, readQuota } from "./cpu-quota.ts";

/**
 * At least 1. Node knows on which processors it may run; quotas of control groups are unknown to Node 20, and of version 1
 * to all.
 */
export function usableProcessors(): number {
  const quotas = quotaFolders(textOf("/proc/self/cgroup") ?? "").map((folder) =>
    readQuota({
      max: textOf(`${folder}/cpu.max`),
      quota: textOf(`${folder}/cpu.cfs_quota_us`),
      period: textOf(`${folder}/cpu.cfs_period_us`),
    }),
  );
  return processorsWithin(availableParallelism(), quotas);
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    // Not Linux, no such group, or none with a limit.
    return undefined;
  }
}
