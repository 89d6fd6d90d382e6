/** How many processor cores this process may use, and how they are shared out. */
import { readFileSync } from "node:fs"
import { availableParallelism } from "node:os"
import { dirname, join } from "node:path"
import { UserError } from "../../base/user-error.ts"

/**
 * Cores, at least 1; of a fraction the whole part.
 *
 * Node's own number leaves out some limits of containers: those of cgroup v1, and of nested groups all but the outermost
 * (libuv 1.52, `uv__get_constrained_cpu`). More threads than cores are slower than one (three on two: 1.7 times), so the
 * limits are read here.
 */
export const availableCores = (): number => {
  const limit = cgroupCores((path) => {
    try {
      return readFileSync(path, "utf8")
    } catch {
      return undefined
    }
  })
  return Math.max(1, Math.floor(Math.min(availableParallelism(), limit)))
}

/**
 * The smallest limit on the way from this process's control groups up to their roots, in cores, may be a fraction;
 * infinite where there is none. Kernel documentation: admin-guide/cgroup-v2 (`cpu.max`), scheduler/sched-bwc (v1).
 *
 * @param read the text of a file, or undefined when it cannot be read
 */
export const cgroupCores = (read: (path: string) => string | undefined): number => {
  const groups = (read("/proc/self/cgroup") ?? "").split("\n").map((line) => line.split(":"))
  const limits = groups.flatMap(([, controllers, ...path]) => {
    const group = path.join(":")
    if (group === "") return []
    if (controllers === "") return alongPath("/sys/fs/cgroup", group, read, limitV2)
    if (!controllers?.split(",").includes("cpu")) return []
    // The folder is named after all controllers of the hierarchy, and mostly linked from `cpu`.
    return [`/sys/fs/cgroup/${controllers}`, "/sys/fs/cgroup/cpu"].flatMap((root) =>
      alongPath(root, group, read, limitV1)
    )
  })
  return Math.min(Number.POSITIVE_INFINITY, ...limits)
}

type Read = (path: string) => string | undefined

/** Inside a container the group's path may be the host's, of which only the root is to be seen: so up to there. */
const alongPath = (
  root: string,
  group: string,
  read: Read,
  limit: (folder: string, read: Read) => number | undefined
): ReadonlyArray<number> => {
  const limits: Array<number> = []
  for (let folder = group; ; folder = dirname(folder)) {
    const found = limit(join(root, folder), read)
    if (found !== undefined) limits.push(found)
    if (dirname(folder) === folder) return limits
  }
}

const limitV2 = (folder: string, read: Read): number | undefined => {
  const [quota, period] = (read(join(folder, "cpu.max")) ?? "").split(/\s+/)
  return quotient(Number(quota), Number(period))
}

const limitV1 = (folder: string, read: Read): number | undefined => {
  const number = (name: string) => Number(read(join(folder, name)) ?? Number.NaN)
  return quotient(number("cpu.cfs_quota_us"), number("cpu.cfs_period_us"))
}

/** Undefined for "max", -1 and what is no number: no limit. */
const quotient = (quota: number, period: number): number | undefined =>
  quota > 0 && period > 0 ? quota / period : undefined

/** The environment variable that says how many threads a stage may compute with. */
export const threadsVariable = "ABLATE_THREADS"

/**
 * Threads for each of several stages that run at once. The bits of a result do not depend on it.
 *
 * @throws UserError when the environment asks for something else than a whole number of at least 1
 */
export const threadsForEach = (
  stagesAtOnce: number,
  env: NodeJS.ProcessEnv = process.env,
  cores = availableCores()
): number => threadsAskedFor(env) ?? Math.max(1, Math.floor(cores / Math.max(1, stagesAtOnce)))

/** Threads of this process: in a worker what the driver has given it. */
export const threadsHere = (): number => threadsForEach(1)

const threadsAskedFor = (env: NodeJS.ProcessEnv): number | undefined => {
  const text = env[threadsVariable]
  if (text === undefined || text === "") return undefined
  if (/^[1-9]\d{0,3}$/.test(text)) return Number(text)
  throw new UserError(`${threadsVariable}: expected a whole number of at least 1, not ${text}`)
}
