/**
 * How much of the processors a control group may use, from the texts of the kernel's files. Pure.
 *
 * Version 2 has `cpu.max`, version 1 two files beside each other. A group has no more than those above it, so all up to the
 * mount count; a container sees its own group as the root, or, without a namespace of its own, by a path that is not there.
 */

/** Where every distribution and container has them. */
const ROOT = "/sys/fs/cgroup";

/** Texts of the files of a group; undefined for those that are not there. */
export interface QuotaTexts {
  /** `cpu.max`: microseconds, or `max`, and the period. */
  readonly max?: string | undefined;
  /** `cpu.cfs_quota_us`: microseconds, -1 for no limit. */
  readonly quota?: string | undefined;
  /** `cpu.cfs_period_us`. */
  readonly period?: string | undefined;
}

/** Folders in which such files may be. `cgroups`: the text of `/proc/self/cgroup`. */
export function quotaFolders(cgroups: string): string[] {
  const folders = new Set<string>();
  for (const line of cgroups.split("\n")) {
    const [, controllers, path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
    if (controllers === undefined || path === undefined) continue;
    for (const mount of mountsOf(controllers)) {
      for (const group of upward(path)) folders.add(`${mount}${group}`);
    }
  }
  return [...folders];
}

/** In processors, such as 1.5; undefined for no limit, and for what cannot be read. */
export function readQuota({ max, quota, period }: QuotaTexts): number | undefined {
  const [share, each] = max === undefined ? [quota, period] : max.trim().split(/\s+/);
  const processors = Number(share) / Number(each);
  return Number.isFinite(processors) && processors > 0 ? processors : undefined;
}

/** How many processes find work: a part of a processor is one more, for there is nobody else to use it. */
export function processorsWithin(processors: number, quotas: readonly (number | undefined)[]): number {
  const limits = quotas.filter((quota) => quota !== undefined);
  return Math.max(1, Math.ceil(Math.min(processors, ...limits)));
}

/** By the name of the controllers is it mounted in version 1, with a link for each; both versions may be there at once. */
function mountsOf(controllers: string): string[] {
  if (controllers === "") return [ROOT, `${ROOT}/unified`];
  return controllers.split(",").includes("cpu") ? [`${ROOT}/cpu`, `${ROOT}/${controllers}`] : [];
}

/** The path, and all above it; the root is empty. What is above the root of a namespace (`/..`) is not seen in it. */
function upward(path: string): string[] {
  const parts = path.split("/").filter((part) => part !== "");
  if (parts.includes("..")) return [""];
  return Array.from({ length: parts.length + 1 }, (_, up) =>
    parts
      .slice(0, parts.length - up)
      .map((part) => `/${part}`)
      .join(""),
  );
}
