/**
 * Standard output and standard error: whether they are terminals, how wide, in colour or not.
 *
 * Writes are synchronous and go to the file descriptor itself. So the two streams stay in order, nothing is lost when
 * the process ends, a reader that went away (`| head`) is noticed, and `node:tty` (which loads the network stack, 4 ms)
 * stays out of runs that print into a file or a pipe.
 */
import { fstatSync, writeSync } from "node:fs"
import { colorStyle, plainStyle, type Style } from "./style.ts"

export type ColorMode = "auto" | "always" | "never"

export interface Terminal {
  /** Whether a person is looking: a terminal that can move its cursor. */
  readonly interactive: boolean
  readonly color: boolean
  readonly style: Style
  /** Width to lay text out for; that of the terminal, else 100. */
  readonly columns: number
  /** Height; that of the terminal, else 24. */
  readonly rows: number
  readonly write: (text: string) => void
  /** Writes the text and a line break. */
  readonly line: (text?: string) => void
  /** What a flag, the environment or a project's settings say about colour. */
  readonly setColor: (mode: ColorMode) => void
}

/** `NO_COLOR` and `FORCE_COLOR` as their sites define them; `ABLATE_COLOR` goes before both. */
const colorMode = (env: NodeJS.ProcessEnv): ColorMode => {
  if (env["ABLATE_COLOR"] === "always" || env["ABLATE_COLOR"] === "never")
    return env["ABLATE_COLOR"]
  if ((env["NO_COLOR"] ?? "") !== "") return "never"
  const force = env["FORCE_COLOR"] ?? env["CLICOLOR_FORCE"] ?? ""
  return force === "" ? "auto" : force === "0" ? "never" : "always"
}

/** Width for text that goes to a file or a pipe. */
const unlimited = 100

export const openTerminal = (fd: 1 | 2, env: NodeJS.ProcessEnv): Terminal => {
  const stream = isTerminal(fd) ? (fd === 1 ? process.stdout : process.stderr) : undefined
  const capable = stream !== undefined && env["TERM"] !== "dumb"
  let style = plainStyle
  const setColor = (mode: ColorMode) => {
    style = mode === "always" || (mode === "auto" && capable) ? colorStyle : plainStyle
  }
  setColor(colorMode(env))
  const write = writerTo(fd)
  return {
    interactive: capable,
    get color() {
      return style === colorStyle
    },
    get style() {
      return style
    },
    get columns() {
      const asked = Number(env["COLUMNS"])
      return stream?.columns || (Number.isInteger(asked) && asked > 0 ? asked : unlimited)
    },
    get rows() {
      return stream?.rows || 24
    },
    write,
    line: (text = "") => write(`${text}\n`),
    setColor
  }
}

/** Without `node:tty` unless the descriptor is a character device: a terminal, or /dev/null. */
const isTerminal = (fd: 1 | 2): boolean => {
  try {
    if (!fstatSync(fd).isCharacterDevice()) return false
  } catch {
    return false
  }
  return (fd === 1 ? process.stdout : process.stderr).isTTY
}

const pause = new Int32Array(new SharedArrayBuffer(4))

/** Writes everything, also into a non-blocking pipe that is full; nothing once the reader has closed it. */
const writerTo = (fd: number) => {
  let closed = false
  return (text: string): void => {
    let rest = Buffer.from(text, "utf8")
    while (rest.length > 0 && !closed) {
      try {
        rest = rest.subarray(writeSync(fd, rest))
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException
        if (code === "EAGAIN") Atomics.wait(pause, 0, 0, 5)
        else if (code === "EPIPE" || code === "EBADF" || code === "EIO") closed = true
        else throw error
      }
    }
  }
}

/** A terminal that keeps what is written, for tests and for text inside JSON. */
export const memoryTerminal = (
  options: {
    readonly columns?: number
    readonly rows?: number
    readonly interactive?: boolean
    readonly color?: boolean
  } = {}
): Terminal & { readonly text: () => string } => {
  let text = ""
  let style = options.color === true ? colorStyle : plainStyle
  return {
    interactive: options.interactive ?? false,
    get color() {
      return style === colorStyle
    },
    get style() {
      return style
    },
    columns: options.columns ?? unlimited,
    rows: options.rows ?? 24,
    write: (more) => {
      text += more
    },
    line: (more = "") => {
      text += `${more}\n`
    },
    setColor: (mode) => {
      style = mode === "always" ? colorStyle : plainStyle
    },
    text: () => text
  }
}
