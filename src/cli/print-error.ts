/** What went wrong, on standard error: a user's mistake as a message and a hint, a bug of ours with its stack. */
import { arch, platform } from "node:os"
import { UserError } from "../base/user-error.ts"
import { ablateVersion } from "../base/version.ts"
import type { Surroundings } from "./main.ts"
import { PipelineInvalid } from "./pipeline-invalid.ts"
import { wrap } from "./text.ts"

export interface Asked extends Surroundings {
  readonly json: boolean
  /** The command that failed. */
  readonly name: string
  readonly version: number
}

/** @returns the exit code */
export const printError = async (error: unknown, asked: Asked): Promise<number> => {
  if (error instanceof PipelineInvalid) return printProblems(error, asked)
  if (error instanceof UserError) return printMistake(error, asked)
  return printBug(error, asked)
}

const json = (asked: Asked, body: object) =>
  asked.out.line(
    JSON.stringify({ version: asked.version, command: asked.name, ...body }, undefined, 2)
  )

const printProblems = async (error: PipelineInvalid, asked: Asked): Promise<number> => {
  const { diagnostics, sources } = error
  const errors = diagnostics.filter(({ severity }) => severity === "error").length
  const message = `the pipeline has ${errors} ${errors === 1 ? "problem" : "problems"}; nothing was run`
  if (asked.json) {
    json(asked, { error: { message }, diagnostics })
    return 2
  }
  const { renderDiagnostics } = await import("../language/render-diagnostics.ts")
  const text = renderDiagnostics(diagnostics, sources, { color: asked.err.color })
  asked.err.write(`${text.trimEnd()}\n`)
  return 2
}

const printMistake = (error: UserError, asked: Asked): number => {
  if (asked.json) {
    json(asked, {
      error: { message: error.message, ...(error.hint === undefined ? {} : { hint: error.hint }) },
      diagnostics: []
    })
    return error.exitCode
  }
  const { err } = asked
  err.line(`${err.style.red(err.style.bold("error:"))} ${error.message}`)
  if (error.hint !== undefined) err.line(hintLine(error.hint, asked))
  return error.exitCode
}

/** A hint of several lines is laid out already. */
const hintLine = (hint: string, { err }: Asked) =>
  hint.includes("\n")
    ? `\n${hint.trimEnd()}`
    : `${err.style.cyan("hint:")}  ${wrap(hint, Math.max(40, err.columns - 7), "").replaceAll("\n", "\n       ")}`

const printBug = (error: unknown, asked: Asked): number => {
  const { err } = asked
  const stack = error instanceof Error ? stackOf(error) : String(error)
  if (asked.json)
    json(asked, {
      error: { message: `this is a bug in ablate: ${firstLine(stack)}` },
      diagnostics: []
    })
  err.line(`${err.style.red(err.style.bold("This is a bug in ablate"))}, not in your pipeline.`)
  err.line()
  err.line(err.style.dim(stack))
  err.line()
  err.line("Please report it with the text above, the command, and this line:")
  err.line(
    `ablate ${ablateVersion()}, Node ${process.versions.node}, ${platform()} ${arch()}, command ${asked.name}`
  )
  return 1
}

const firstLine = (text: string) => text.split("\n")[0] ?? ""

const stackOf = (error: Error): string =>
  [
    error.stack ?? String(error),
    ...(error.cause instanceof Error ? [`caused by ${stackOf(error.cause)}`] : [])
  ].join("\n")
