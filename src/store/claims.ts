/**
 * Claims: which process computes an action right now, so that processes that share a store compute it once.
 *
 * A claim is a file `claims/<key>.<generation>` that can be made only once and whose text says who made it. A claim
 * of a dead process is superseded by one of the next generation; it is never taken over or rewritten.
 *
 * Why two can never hold one key: a claim counts only after its maker has listed the key's claims once more and found no
 * other living one. Of two makers, the one that listed later made its file before that and so did the other, hence it
 * sees the other's file and withdraws. A file that counts is removed by its maker alone, last of all that it removes.
 */
import { randomBytes, randomInt } from "node:crypto"
import { closeSync, linkSync, openSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import type { Digest } from "../base/digest.ts"
import { openTemporary, type Temporary, writeAll } from "./atomic-file.ts"
import { type ClaimFile, claimFiles } from "./claim-file.ts"
import { codeOf, diskProblem, makeFolder } from "./disk-problem.ts"
import type { Layout } from "./layout.ts"
import { thisProcess } from "./liveness.ts"

export interface Claim {
  readonly held: true
  /** Idempotent. */
  readonly release: () => void
}

/** Somebody else has the claim. */
export interface Holder {
  readonly held: false
  readonly pid: number
  readonly host: string
  /** `process 4711`, with the machine's name when it is another one. */
  readonly describe: string
}

export interface Claims {
  /**
   * Takes the claim or says who has it. A process that asks for what it already has is told its own name.
   *
   * @throws UserError when the disk is full or may not be written
   */
  readonly take: (key: Digest) => Claim | Holder
  /** Who has the claim now, if anyone. */
  readonly holder: (key: Digest) => Holder | undefined
  /** All claim files, those of dead processes too. */
  readonly list: () => ReadonlyArray<ClaimFile>
}

/** Only other machines read the heartbeat; on this one the process table says more, and at once. */
const heartbeatMs = 10_000

export const openClaims = (layout: Layout): Claims => {
  const held = new Map<string, string>()
  let timer: NodeJS.Timeout | undefined
  const keepAlive = (path: string, text: string) => {
    held.set(path, text)
    timer ??= setInterval(() => beat(held), heartbeatMs).unref()
  }
  const release = (claim: ClaimFile) => {
    if (!held.delete(claim.path)) return
    if (held.size === 0) {
      clearInterval(timer)
      timer = undefined
    }
    for (const other of claimFiles(layout, claim.key)) {
      if (other.generation < claim.generation && !other.living) rmSync(other.path, { force: true })
    }
    rmSync(claim.path, { force: true })
  }
  return {
    take: (key) => {
      for (;;) {
        const before = claimFiles(layout, key)
        const living = before.find((claim) => claim.living)
        if (living !== undefined) return describeHolder(living)
        const generation = Math.max(-1, ...before.map((claim) => claim.generation)) + 1
        const made = make(layout, key, generation)
        if (made === undefined) continue
        const after = claimFiles(layout, key)
        const mine = after.find((claim) => claim.nonce === made.nonce)
        if (mine !== undefined && !after.some((claim) => claim !== mine && claim.living)) {
          keepAlive(mine.path, made.text)
          return { held: true, release: () => release(mine) }
        }
        if (mine !== undefined) rmSync(mine.path, { force: true })
        pause(randomInt(1, 6))
      }
    },
    holder: (key) => {
      const living = claimFiles(layout, key).find((claim) => claim.living)
      return living === undefined ? undefined : describeHolder(living)
    },
    list: () => claimFiles(layout)
  }
}

/** `undefined` when the generation is taken. */
const make = (layout: Layout, key: Digest, generation: number) => {
  const nonce = randomBytes(8).toString("hex")
  const text = `${JSON.stringify({ ...thisProcess(), at: new Date().toISOString(), nonce })}\n`
  const path = join(layout.claims, `${key}.${generation}`)
  let temporary: Temporary | undefined
  try {
    temporary = openTemporary(layout, 0o644)
    writeAll(temporary.file, Buffer.from(text, "utf8"))
    linkExclusive(temporary.path, path, text)
    return { nonce, text }
  } catch (error) {
    if (codeOf(error) === "EEXIST") return undefined
    throw diskProblem(error, { folder: layout.claims, what: "a claim" })
  } finally {
    temporary?.discard()
  }
}

/** The claim appears with its text in it: by a hard link, which fails where the name exists. */
const linkExclusive = (from: string, path: string, text: string): void => {
  try {
    linkSync(from, path)
  } catch (error) {
    switch (codeOf(error)) {
      case "ENOENT":
        makeFolder(dirname(path))
        return linkExclusive(from, path, text)
      // Some file systems have no hard links. Then the file is empty for a moment; `claim-file.ts` knows of that.
      case "EPERM":
      case "ENOTSUP":
      case "EOPNOTSUPP":
      case "ENOSYS":
        makeFolder(dirname(path))
        return writeExclusive(path, text)
      default:
        throw error
    }
  }
}

const writeExclusive = (path: string, text: string): void => {
  const file = openSync(path, "wx", 0o644)
  try {
    writeAll(file, Buffer.from(text, "utf8"))
  } catch (error) {
    rmSync(path, { force: true })
    throw error
  } finally {
    closeSync(file)
  }
}

/** Writes the same text again: the disk's own clock sets the time then, which is the one that others compare with. */
const beat = (held: ReadonlyMap<string, string>): void => {
  for (const [path, text] of held) {
    try {
      writeFileSync(path, text, { flag: "r+" })
    } catch {
      // A missed beat is no failure: there are five more before anyone takes this process for dead.
    }
  }
}

const describeHolder = ({ holder }: ClaimFile): Holder => {
  const { pid = 0, host = "" } = holder ?? {}
  const place = host === thisProcess().host || host === "" ? "" : ` on ${host}`
  const describe =
    holder === undefined ? "a process that is just starting" : `process ${pid}${place}`
  return { held: false, pid, host, describe }
}

/** Blocks this thread, for the few milliseconds after two processes have stepped on each other's toes. */
const pause = (ms: number) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
