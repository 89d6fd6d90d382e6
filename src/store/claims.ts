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
import { closeSync, existsSync, linkSync, openSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import type { Digest } from "../base/digest.ts"
import { openTemporary, writeAll } from "./atomic-file.ts"
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
  const maker = claimMaker(layout)
  let timer: NodeJS.Timeout | undefined
  const keepAlive = (path: string, text: string) => {
    held.set(path, text)
    timer ??= setInterval(() => beat(held), heartbeatMs).unref()
  }
  const release = (claim: Pick<ClaimFile, "key" | "generation" | "path">) => {
    if (!held.delete(claim.path)) return
    if (held.size === 0) {
      clearInterval(timer)
      timer = undefined
    }
    // A first generation superseded nobody.
    for (const other of claim.generation === 0 ? [] : claimFiles(layout, claim.key)) {
      if (other.generation < claim.generation && !other.living) rmSync(other.path, { force: true })
    }
    rmSync(claim.path, { force: true })
    if (held.size === 0) maker.forget()
  }
  return {
    take: (key) => {
      // Nearly always there is no claim on the key: the first try does not look, it makes.
      for (let before: ReadonlyArray<ClaimFile> = []; ; before = claimFiles(layout, key)) {
        const living = before.find((claim) => claim.living)
        if (living !== undefined) return describeHolder(living)
        const generation = Math.max(-1, ...before.map((claim) => claim.generation)) + 1
        const made = maker.make(key, generation)
        if (made === undefined) {
          if (held.size === 0) maker.forget()
          continue
        }
        const others = claimFiles(layout, key, made.path)
        const isMine = existsSync(made.path)
        // Nobody lives on the key, and whom this claim supersedes has a lower generation, as the first try may have missed.
        if (isMine && others.every((other) => !other.living && other.generation < generation)) {
          keepAlive(made.path, made.text)
          return { held: true, release: () => release({ key, generation, path: made.path }) }
        }
        if (isMine) rmSync(made.path, { force: true })
        if (held.size === 0) maker.forget()
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

interface Made {
  readonly path: string
  readonly text: string
}

/**
 * Makes the claims of this process: hard links to one file that says who it is. So a claim appears with its text in it,
 * and costs one entry in a folder.
 */
const claimMaker = (layout: Layout) => {
  let identity: Made | undefined
  const identify = (): Made => {
    const nonce = randomBytes(8).toString("hex")
    const text = `${JSON.stringify({ ...thisProcess(), at: new Date().toISOString(), nonce })}\n`
    const temporary = openTemporary(layout, 0o644)
    try {
      writeAll(temporary.file, Buffer.from(text, "utf8"))
      temporary.close()
    } catch (error) {
      temporary.discard()
      throw error
    }
    return { path: temporary.path, text }
  }
  /** To be called when no claim is held: what no claim needs would only be found by gc. */
  const forget = () => {
    if (identity !== undefined) rmSync(identity.path, { force: true })
    identity = undefined
  }
  /** `undefined` when the generation is taken. */
  const make = (key: Digest, generation: number): Made | undefined => {
    const path = join(layout.claims, `${key}.${generation}`)
    try {
      identity ??= identify()
      const { text } = identity
      try {
        linkSync(identity.path, path)
      } catch (error) {
        switch (codeOf(error)) {
          // The folder is not there yet, or somebody cleared tmp/, or the file has as many links as it can have.
          case "ENOENT":
          case "EMLINK":
            makeFolder(dirname(path))
            forget()
            identity = identify()
            linkSync(identity.path, path)
            return { path, text: identity.text }
          // Some file systems have no hard links. Then the file is empty for a moment; `claim-file.ts` knows of that.
          case "EPERM":
          case "ENOTSUP":
          case "EOPNOTSUPP":
          case "ENOSYS":
            makeFolder(dirname(path))
            writeExclusive(path, text)
            break
          default:
            throw error
        }
      }
      return { path, text }
    } catch (error) {
      if (codeOf(error) === "EEXIST") return undefined
      throw diskProblem(error, { folder: layout.claims, what: "a claim" })
    }
  }
  return { make, forget }
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
