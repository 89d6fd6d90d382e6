/** Which engines this machine has, which one computes, and with how many threads. */
import { UserError } from "../../base/user-error.ts"
import { availableCores, threadsForEach, threadsVariable } from "../../engine/provider/cores.ts"
import {
  type EngineChoice,
  type EngineName,
  engineNames,
  engineTitles
} from "../../engine/provider/engine.ts"
import type { Facts, Finding as EngineFinding } from "../../engine/provider/finding.ts"
import type { ProjectEngine } from "../engine.ts"
import { count } from "../format.ts"
import type { Finding } from "./check.ts"

/** As in `doctor --json`. */
export interface EngineReport {
  readonly choice: EngineChoice
  /** Absent when what was asked for cannot be used. */
  readonly chosen?: {
    readonly name: EngineName
    readonly why: string
    readonly numericsClass: string
  }
  readonly problem?: { readonly message: string; readonly hint?: string }
  readonly engines: ReadonlyArray<
    { readonly name: EngineName } & (
      | { readonly usable: true; readonly facts: Facts }
      | { readonly usable: false; readonly why: string; readonly how?: string }
    )
  >
  /** Cores of this machine, or as many as its container may use. */
  readonly cores: number
  readonly jobs: number
  /** Of each stage, while as many run as there are jobs. */
  readonly threads: number
}

/** Tries all engines, and remembers what came of it. */
export const reportEngines = (engine: ProjectEngine, jobs: number): EngineReport => ({
  choice: engine.choice,
  engines: engineNames.map((name) => engineReport(name, engine.findAnew(name))),
  ...choiceOf(engine),
  cores: availableCores(),
  jobs,
  threads: threadsForEach(jobs)
})

const engineReport = (name: EngineName, finding: EngineFinding): EngineReport["engines"][number] =>
  finding.usable ? { name, usable: true, facts: finding.facts } : { name, ...finding }

const choiceOf = (engine: ProjectEngine): Pick<EngineReport, "chosen" | "problem"> => {
  try {
    const { name, why } = engine.chosen()
    return { chosen: { name, why, numericsClass: engine.numericsClass() } }
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    const { hint, message } = error
    return { problem: { message, ...(hint === undefined ? {} : { hint }) } }
  }
}

export const engineFindings = (report: EngineReport): ReadonlyArray<Finding> => [
  chosenFinding(report),
  ...report.engines.map((engine) => engineFinding(engine, engine.name === report.chosen?.name)),
  threadsFinding(report)
]

const chosenFinding = ({ choice, chosen, problem }: EngineReport): Finding =>
  chosen === undefined
    ? { name: "engine", status: "problem", text: problem?.message ?? "", ...hintOf(problem?.hint) }
    : {
        name: "engine",
        status: "ok",
        text: `engine ${choice}: ${choice === "auto" ? `${chosen.name} is used, since ${reason(chosen)}` : engineTitles[chosen.name]}; numerics class ${chosen.numericsClass}`
      }

const reason = ({ name, why }: { readonly name: EngineName; readonly why: string }): string =>
  name === "cpu" ? why : `it is ${why}`

const hintOf = (hint: string | undefined) => (hint === undefined ? {} : { hint })

const engineFinding = (engine: EngineReport["engines"][number], isChosen: boolean): Finding => {
  const about = { name: `engine-${engine.name}` }
  return engine.usable
    ? {
        ...about,
        status: isChosen ? "ok" : "note",
        text: `${engine.name} can be used: ${factsText(engine.facts)}`
      }
    : {
        ...about,
        status: "note",
        text: `${engine.name} cannot be used: ${engine.why}`,
        ...hintOf(engine.how)
      }
}

const factsText = ({ cpu, device, libraries }: Facts): string =>
  [
    libraries
      .replaceAll("@", " ")
      .replaceAll("onnxruntime", "ONNX Runtime")
      .replaceAll("tfjs-cpu", "TensorFlow.js"),
    ...deviceText(device),
    ...(cpu?.block === undefined ? [] : [blockText(cpu.block)])
  ].join(", ")

const deviceText = (device: Facts["device"]): ReadonlyArray<string> => {
  if (device === undefined) return []
  return device.hardware
    ? [`on ${device.name}`, `driver ${device.driver}`]
    : [`driver ${device.driver}, which computes on the CPU: slow, so only used when asked for`]
}

const blockText = (block: number): string =>
  block === 0 ? "without blocks of channels: slower" : `blocks of ${block} channels`

const threadsFinding = ({ cores, jobs, threads }: EngineReport): Finding => {
  const text = `${count(threads, "thread")} a stage (${count(cores, "core")}, ${count(jobs, "stage")} at once)`
  return threads > cores
    ? {
        name: "threads",
        status: "warning",
        text,
        hint: `more threads than cores are slower than one: lower ${threadsVariable}`
      }
    : { name: "threads", status: "ok", text }
}
