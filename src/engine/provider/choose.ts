/** Which engine computes: decided from what was found out, which is asked for one engine at a time, and only when needed. */
import { UserError } from "../../base/user-error.ts"
import { type EngineChoice, type EngineName, engineTitles } from "./engine.ts"
import type { Facts, Finding } from "./finding.ts"

export interface ChosenEngine {
  readonly name: EngineName
  readonly facts: Facts
  /** `asked for`, `the fastest engine here`, `no GPU can be used`. */
  readonly why: string
  /** The better ones that `auto` could not take, and why. */
  readonly passedOver: ReadonlyArray<{ readonly name: EngineName; readonly why: string }>
}

export interface Question {
  /** Whether a driver that computes on the CPU counts as absent. */
  readonly hardwareOnly: boolean
}

/** The engine that was asked for cannot be used on this machine, whatever the pipeline. */
export class EngineUnusable extends UserError {}

/**
 * The order of `auto`. CUDA before WebGPU, since its kernels are faster. WebGPU before DirectML, which runs on the same
 * devices, but whose provider stopped at an older operator set. CoreML is never chosen: it may compute in float16, and
 * compiles each new graph for seconds; a Mac's GPU is reached by WebGPU. TensorFlow and TensorFlow.js's own backend are
 * used when asked for.
 */
const autoOrder = ["cuda", "webgpu", "directml"] as const

/**
 * @param find what is known about an engine here
 * @throws EngineUnusable when the engine that was asked for cannot be used; there is no falling back to another one
 */
export const chooseEngine = (
  choice: EngineChoice,
  find: (name: EngineName, question: Question) => Finding
): ChosenEngine => {
  if (choice !== "auto") {
    const finding = find(choice, { hardwareOnly: false })
    return { name: choice, facts: factsOf(choice, finding), why: "asked for", passedOver: [] }
  }
  const passedOver: Array<ChosenEngine["passedOver"][number]> = []
  for (const name of autoOrder) {
    const finding = find(name, { hardwareOnly: true })
    const why = finding.usable ? softwareOnly(finding.facts) : finding.why
    if (finding.usable && why === undefined) {
      return { name, facts: finding.facts, why: "the fastest engine here", passedOver }
    }
    passedOver.push({ name, why: why ?? "" })
  }
  const facts = factsOf("cpu", find("cpu", { hardwareOnly: true }))
  return { name: "cpu", facts, why: "no GPU can be used", passedOver }
}

const softwareOnly = ({ device }: Facts): string | undefined =>
  device !== undefined && !device.hardware
    ? `only a driver that computes on the CPU was found (${device.driver})`
    : undefined

const factsOf = (name: EngineName, finding: Finding): Facts => {
  if (finding.usable) return finding.facts
  throw new EngineUnusable(
    `engine ${name} (${engineTitles[name]}) cannot be used here: ${finding.why}`,
    {
      hint: finding.how ?? "`ablate doctor` lists the engines that can"
    }
  )
}
