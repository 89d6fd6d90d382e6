/** Whether weights are those of a network. */
import { UserError } from "../base/user-error.ts"
import type { Network } from "./network.ts"
import { counterAfter, type StateDict, torchShape } from "./state-dict.ts"
import { settingsOf } from "./weights-settings.ts"

/**
 * @param shown how messages name the weights, such as `the weights in FILE`
 * @throws UserError naming the tensors that are missing, too many, of another shape or type, or not finite
 */
export const checkWeights = (
  network: Network,
  weights: StateDict,
  shown = "the model's weights"
): void => {
  const problems = misfits(network, weights)
  if (problems.length > 0) {
    throw new UserError(`${shown} do not fit the network: ${list(problems)}`, {
      hint: hintFor(network, weights)
    })
  }
  const spoilt = Object.entries(weights).flatMap(([name, { data }]) => notFinite(name, data))
  if (spoilt.length > 0) {
    throw new UserError(`${shown} are not all finite: ${list(spoilt)}`, {
      hint: "the training that made them diverged: take an earlier checkpoint, or train with a lower learning rate"
    })
  }
}

/** Beyond these a message helps no more. */
const shownProblems = 5

const list = (problems: ReadonlyArray<string>): string => {
  const more = problems.length - shownProblems
  return [...problems.slice(0, shownProblems), ...(more > 0 ? [`and ${more} more`] : [])].join("; ")
}

const misfits = ({ parameters }: Network, weights: StateDict): ReadonlyArray<string> => {
  const known = new Set<string>()
  const wrong = parameters.flatMap((parameter) => {
    const { name } = parameter
    known.add(name)
    const counter = counterAfter(parameter)
    if (counter !== undefined) known.add(counter)
    const weight = Object.hasOwn(weights, name) ? weights[name] : undefined
    if (weight === undefined) return [`${name} is missing`]
    const [expected, got] = [torchShape(parameter).join(","), weight.shape.join(",")]
    if (expected !== got) return [`${name} is [${got}] where the network has [${expected}]`]
    return weight.data instanceof Float32Array ? [] : [`${name} holds whole numbers`]
  })
  const unknown = Object.keys(weights).filter((name) => !known.has(name))
  return [...wrong, ...unknown.map((name) => `the network has no ${name}`)]
}

const networkNames = { unet: "U-Net", classifier: "classifier" } as const

const hintFor = ({ architecture }: Network, weights: StateDict): string => {
  const made = settingsOf(architecture.kind, weights)
  const general = "give the network the settings that the weights were made with"
  if (made === undefined)
    return `${general}; these are not the weights of a ${networkNames[architecture.kind]}`
  const given: Readonly<Record<string, unknown>> = { enlarges: 1, ...architecture }
  const differing = Object.entries(made).filter(([name, value]) => value !== given[name])
  if (differing.length === 0) return general
  const settings = differing.map(([name, value]) => `${name}: ${value}`).join(", ")
  return `${general}: they look like ${settings}`
}

const notFinite = (name: string, data: Float32Array | BigInt64Array): ReadonlyArray<string> => {
  if (!(data instanceof Float32Array) || isFinite(data)) return []
  const spoilt = data.filter((value) => !Number.isFinite(value))
  return [
    spoilt.length === data.length
      ? `${name} holds nothing but ${spoilt[0]}`
      : `${name} holds ${spoilt[0]} in ${spoilt.length} of ${data.length} places`
  ]
}

/** By index: an iterator would take five times as long over millions of weights. */
const isFinite = (data: Float32Array): boolean => {
  for (let i = 0; i < data.length; i++) if (!Number.isFinite(data[i])) return false
  return true
}
