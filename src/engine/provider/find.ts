/** What is known about an engine on this machine: ruled out at a glance, remembered, or tried now. */
import { statSync } from "node:fs"
import { createRequire } from "node:module"
import type { Question } from "./choose.ts"
import type { EngineName, TriedEngine } from "./engine.ts"
import type { Finding, FoundFile } from "./finding.ts"
import type { Machine } from "./machine.ts"
import { probeEngine } from "./probe.ts"
import { ruleOut } from "./rule-out.ts"

/** Keeps findings between starts. A damaged or missing memory only costs another probe. */
export interface FindingMemory {
  readonly recall: (name: EngineName) => Finding | undefined
  readonly remember: (name: EngineName, finding: Finding) => void
}

export interface FindOptions {
  readonly machine: Machine
  readonly memory?: FindingMemory
  readonly probe?: (name: TriedEngine) => Finding
  /** Tries again what was remembered. */
  readonly anew?: boolean
}

/**
 * A failure is believed for as long as the machine looks the same, but only while nobody asks for that engine by name:
 * whoever does may just have mended it.
 */
export const findEngine = (
  name: EngineName,
  { hardwareOnly }: Question,
  { anew = false, machine, memory, probe = (name) => probeEngine(name) }: FindOptions
): Finding => {
  if (name === "tfjs") return tensorflowJs(machine)
  const ruledOut = ruleOut(name, machine, hardwareOnly)
  if (ruledOut !== undefined) return ruledOut
  const known = anew ? undefined : memory?.recall(name)
  if (known !== undefined && (known.usable ? known.files.every(isUnchanged) : hardwareOnly)) {
    return known
  }
  const found = probe(name)
  memory?.remember(name, found)
  return found
}

/** Plain JavaScript, and a dependency of ablate: there is nothing to try. */
const tensorflowJs = ({ arch }: Machine): Finding => {
  const require = createRequire(import.meta.url)
  const { version } = require("@tensorflow/tfjs/package.json") as { readonly version: string }
  return { usable: true, facts: { libraries: `tfjs-cpu@${version}`, arch }, files: [] }
}

const isUnchanged = ({ modifiedMs, path, sizeBytes }: FoundFile): boolean => {
  const now = statSync(path, { throwIfNoEntry: false })
  return now !== undefined && now.size === sizeBytes && now.mtimeMs === modifiedMs
}
