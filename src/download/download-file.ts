/**
 * Fetches a file over HTTP into a folder: resumed where it was cut off, tried again, from one mirror after another, and
 * only ever seen under its name when its content has been checked.
 *
 * What has arrived is in `NAME.HOST-PID.part`, so that two processes never write to one file; what a process left behind
 * when it died is taken over by renaming it, which only one can do.
 */
import { mkdir, open, readdir, rename, rm, stat } from "node:fs/promises"
import { hostname } from "node:os"
import { dirname, join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"

export interface FileDownload {
  /** One a mirror. */
  readonly urls: ReadonlyArray<string>
  readonly folder: string
  /** What the file is called in the folder. */
  readonly name: string
  /** A mirror that sends more is not believed. */
  readonly mostBytes: number
  /** Of each request, such as who asks. A server that it is handed on to does not see `authorization`. */
  readonly headers?: { readonly [name: string]: string }
  /** What is wrong with the file that has arrived; undefined when it is right. */
  readonly check: (part: string) => Promise<string | undefined>
  readonly progress: (doneBytes: number, totalBytes: number | undefined) => void
  readonly log: (line: string) => void
  readonly signal: AbortSignal
  /** Waits before the second and each further attempt at a mirror; twice as long each time. */
  readonly pauseMs?: number
  /** How long nothing may arrive before the connection is given up. */
  readonly silenceMs?: number
}

export interface MirrorProblem {
  readonly url: string
  readonly problem: string
  /** What the server answered, when it was not the file: 404. */
  readonly status?: number
  /** Whether the server could not be reached at all. */
  readonly unreachable?: boolean
}

export type FileDownloaded =
  | { readonly path: string }
  /** Why it failed, by mirror. */
  | { readonly problems: ReadonlyArray<MirrorProblem> }

const attempts = 4

/**
 * @returns where the file lies, or why no mirror has it
 * @throws the signal's reason when it is aborted; what has arrived stays for the next time
 */
export const downloadFile = async (request: FileDownload): Promise<FileDownloaded> => {
  const { folder, log, name, signal, urls } = request
  const part = join(folder, `${name}.${hostname()}-${process.pid}.part`)
  await takeOver(folder, name, part)
  const problems: Array<MirrorProblem> = []
  for (const url of urls) {
    log(`fetching ${url}`)
    const failure = await fetchFrom(url, part, request)
    signal.throwIfAborted()
    if (failure === undefined) {
      const path = join(folder, name)
      await rename(part, path)
      return { path }
    }
    log(`${url}: ${failure.problem}`)
    problems.push({ url, ...failure })
  }
  return { problems }
}

/** Makes what a dead process of this machine has fetched of the file this process's own. */
const takeOver = async (folder: string, name: string, part: string): Promise<void> => {
  const prefix = `${name}.${hostname()}-`
  for (const file of await readdir(folder).catch(() => [])) {
    if (!file.startsWith(prefix) || !file.endsWith(".part")) continue
    const pid = Number(file.slice(prefix.length, -".part".length))
    if (!Number.isInteger(pid) || pid === process.pid || isAlive(pid)) continue
    // Another process may have been faster.
    await rename(join(folder, file), part).catch(() => {})
  }
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM"
  }
}

/** @returns why this mirror did not give the file; undefined when `part` holds it, checked */
const fetchFrom = async (
  url: string,
  part: string,
  request: FileDownload
): Promise<Failure | undefined> => {
  let failure: Failure = { problem: "" }
  for (let attempt = 0; attempt < attempts; attempt++) {
    if (attempt > 0) {
      await sleep((request.pauseMs ?? 1000) * 2 ** (attempt - 1), undefined, {
        signal: request.signal
      }).catch(() => {})
    }
    if (request.signal.aborted) return { problem: "interrupted" }
    const reply = await receive(url, part, request)
    if ("problem" in reply) {
      const { again, ...told } = reply
      failure = told
      if (!again) break
      continue
    }
    const wrong = await request.check(part)
    if (wrong === undefined) return undefined
    await rm(part, { force: true })
    failure = { problem: wrong }
    // Parts of two files may have been put together: the whole from this mirror may still be right.
    if (!reply.resumed) break
  }
  return failure
}

type Failure = Omit<MirrorProblem, "url">

type Reply =
  | { readonly resumed: boolean }
  | (Failure & {
      /** Whether the same mirror may be asked again. */
      readonly again: boolean
    })

/** One request, whose body goes behind what `part` holds already. */
const receive = async (url: string, part: string, request: FileDownload): Promise<Reply> => {
  const { mostBytes, progress, signal, silenceMs = 30_000 } = request
  const present = (await stat(part).catch(() => undefined))?.size ?? 0
  const silence = new AbortController()
  const timer = setTimeout(() => silence.abort(), silenceMs)
  try {
    const response = await fetch(url, {
      headers: {
        ...request.headers,
        // The file is compressed already, and its bytes are counted.
        "accept-encoding": "identity",
        ...(present > 0 ? { range: `bytes=${present}-` } : {})
      },
      signal: AbortSignal.any([signal, silence.signal])
    })
    const resumed = response.status === 206 && startsAt(response) === present && present > 0
    if (!resumed && response.status !== 200) {
      await response.body?.cancel()
      // The part is not the start of this mirror's file: without it, the next answer is the whole.
      if (present > 0 && [206, 416].includes(response.status)) {
        await rm(part, { force: true })
        return { ...answered(response), again: true }
      }
      return {
        ...answered(response),
        again: response.status >= 500 || response.status === 408 || response.status === 429
      }
    }
    const length = Number(response.headers.get("content-length") ?? Number.NaN)
    let done = resumed ? present : 0
    const total = Number.isFinite(length) ? done + length : undefined
    await mkdir(dirname(part), { recursive: true })
    const file = await open(part, resumed ? "a" : "w")
    try {
      for await (const chunk of response.body ?? []) {
        timer.refresh()
        done += chunk.byteLength
        if (done > mostBytes) {
          await rm(part, { force: true })
          return { problem: `it sends more than ${mostBytes} bytes`, again: false }
        }
        await file.writeFile(chunk)
        progress(done, total)
      }
      await file.sync()
    } finally {
      await file.close()
    }
    return total === undefined || done === total
      ? { resumed }
      : { problem: `it sent ${done} of ${total} bytes`, again: true }
  } catch (error) {
    if (silence.signal.aborted) {
      return { problem: `nothing came for ${silenceMs / 1000} seconds`, again: true }
    }
    return unreached(error)
  } finally {
    clearTimeout(timer)
  }
}

/** Where a part of a file starts that a server sends. */
const startsAt = (response: Response): number =>
  Number(/^bytes (\d+)-/.exec(response.headers.get("content-range") ?? "")?.[1] ?? Number.NaN)

/** Names that are not known, and addresses that cannot be reached, do not get better within seconds. */
const lasting = new Set(["ENOTFOUND", "EAI_AGAIN", "ENETUNREACH", "EHOSTUNREACH", "ECONNREFUSED"])

const answered = ({ status, statusText }: Response): Failure => ({
  status,
  problem: `it answers ${status}${statusText === "" ? "" : ` ${statusText}`}`
})

const unreached = (error: unknown): Reply => {
  const cause = (error as { readonly cause?: NodeJS.ErrnoException }).cause
  const code = cause?.code ?? (error as NodeJS.ErrnoException).code ?? ""
  // A full or read-only disk is not the mirror's fault.
  if (["ENOSPC", "EACCES", "EROFS", "EDQUOT"].includes(code)) throw error
  const words = cause?.message || (error instanceof Error ? error.message : String(error))
  return {
    problem: `it cannot be reached (${words})`,
    unreachable: true,
    again: !lasting.has(code)
  }
}
