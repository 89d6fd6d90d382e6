/**
 * Who a process is and whether it still lives: the ground under claims, run records and temporary files.
 *
 * A process id alone does not say, since ids are reused: the start time makes it unique within one boot of one machine.
 * Containers that share a disk have ids of their own, so the process-id namespace counts as part of the machine.
 */
import { createHash } from "node:crypto"
import { readFileSync, readlinkSync } from "node:fs"
import { hostname } from "node:os"
import { isRecord } from "./structure.ts"

/** A type, not an interface, so that it is a `JsonObject`. */
export type ProcessIdentity = {
  readonly pid: number
  readonly host: string
  /** The process-id namespace; empty where the system has none. */
  readonly space: string
  readonly bootId: string
  /** In clock ticks after boot, from `/proc/<pid>/stat`; empty where there is no `/proc`. */
  readonly startTime: string
}

/** `elsewhere`: on another machine, so that only a heartbeat can tell. */
export type Liveness = "alive" | "dead" | "elsewhere"

let self: ProcessIdentity | undefined

export const thisProcess = (): ProcessIdentity =>
  (self ??= {
    pid: process.pid,
    host: hostname(),
    space: attempt(() => readlinkSync("/proc/self/ns/pid")) ?? "",
    bootId: attempt(() => readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()) ?? "",
    startTime: startTimeOf(process.pid) ?? ""
  })

export const livenessOf = (who: ProcessIdentity): Liveness => {
  const here = thisProcess()
  if (who.host !== here.host || who.space !== here.space) return "elsewhere"
  if (who.bootId !== here.bootId) return "dead"
  return isRunning(who.pid, who.startTime) ? "alive" : "dead"
}

const isRunning = (pid: number, startTime: string): boolean =>
  startTime === "" ? answersSignals(pid) : startTimeOf(pid) === startTime

/** Field 22 of `/proc/<pid>/stat`; `undefined` for a process that is gone or only waits to be reaped. */
const startTimeOf = (pid: number): string | undefined => {
  const stat = attempt(() => readFileSync(`/proc/${pid}/stat`, "utf8"))
  // The second field is the program's name in parentheses, which may hold spaces and parentheses itself.
  const [state, ...rest] = stat?.slice(stat.lastIndexOf(")") + 2).split(" ") ?? []
  return state === "Z" || state === "X" ? undefined : rest[18]
}

const answersSignals = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM"
  }
}

export const readIdentity = (value: unknown): ProcessIdentity | undefined =>
  isRecord(value) &&
  Number.isSafeInteger(value["pid"]) &&
  ["host", "space", "bootId", "startTime"].every((name) => typeof value[name] === "string")
    ? (value as ProcessIdentity)
    : undefined

/** An identity that fits into a file's name; machine and boot are shortened to a hash. */
export const tokenOf = (who: ProcessIdentity): string =>
  `${who.pid}-${who.startTime || 0}-${short(who.bootId)}-${short(`${who.host} ${who.space}`)}`

/** The same as `livenessOf`, for a token; `undefined` when the text is none. */
export const livenessOfToken = (token: string): Liveness | undefined => {
  const match = /^(\d+)-(\d+)-([0-9a-f]{8})-([0-9a-f]{8})$/.exec(token)
  if (match === null) return undefined
  const [, pid, startTime, boot, machine] = match
  const here = thisProcess()
  if (machine !== short(`${here.host} ${here.space}`)) return "elsewhere"
  if (boot !== short(here.bootId)) return "dead"
  return isRunning(Number(pid), startTime === "0" ? "" : startTime!) ? "alive" : "dead"
}

const short = (text: string) => createHash("sha256").update(text).digest("hex").slice(0, 8)

const attempt = <A>(read: () => A): A | undefined => {
  try {
    return read()
  } catch {
    return undefined
  }
}
