/** What sets two numerics classes apart, in words. */
import { type EngineName, engineNames, engineTitles } from "./provider/engine.ts"

const words: Readonly<Record<string, string>> = {
  onnxruntime: "ONNX Runtime",
  "tfjs-cpu": "TensorFlow.js",
  tensorflow: "TensorFlow",
  "tfjs-node": "tfjs-node",
  "tfjs-node-gpu": "tfjs-node-gpu",
  lowering: "version of ablate's lowering",
  v8: "V8",
  arch: "processor",
  nchwc: "channels in a block",
  arithmetic: "rounding of the processor",
  device: "device",
  driver: "driver"
}

/**
 * `TensorFlow.js's cpu backend → ONNX Runtime on the CPU` where the engine is another one; else only what differs, such as
 * `ONNX Runtime 1.29.0 → 1.30.0`. Classes of a form that is not known here are shown as they are.
 */
export const numericsChange = (before: string, after: string): string => {
  const [old, now] = [partsOf(before), partsOf(after)]
  if (old === undefined || now === undefined) return `${before} → ${after}`
  if (old.engine !== now.engine) return `${titleOf(old)} → ${titleOf(now)}`
  const names = [...new Set([...now.parts.keys(), ...old.parts.keys()])]
  const changes = names
    .filter((name) => old.parts.get(name) !== now.parts.get(name))
    .map((name) => changeOf(name, old.parts.get(name), now.parts.get(name)))
  return changes.join(", ")
}

interface Class {
  readonly engine: EngineName
  readonly parts: ReadonlyMap<string, string>
}

/** Undefined for what `numericsClass` does not write. */
const partsOf = (text: string): Class | undefined => {
  const parts = new Map<string, string>()
  let place: string | undefined
  for (const word of text.split(" ")) {
    const [, name = "", value = ""] =
      /^([\w-]+)@(.+)$/.exec(word) ?? /^(nchwc)(\d+)$/.exec(word) ?? []
    if (words[name] !== undefined) parts.set(name, value)
    else if (word === "x64" || word === "arm64") parts.set("arch", word)
    else if (place === undefined && /^[a-z]+$/.test(word)) place = word
    else return undefined
  }
  const engine = engineOf(parts, place)
  return engine === undefined ? undefined : { engine, parts }
}

const engineOf = (
  parts: ReadonlyMap<string, string>,
  place: string | undefined
): EngineName | undefined => {
  if (parts.has("onnxruntime")) return engineNames.find((name) => name === place)
  if (parts.has("tfjs-cpu")) return "tfjs"
  return parts.has("tfjs-node") || parts.has("tfjs-node-gpu") ? "tensorflow" : undefined
}

const titleOf = ({ engine, parts }: Class): string => {
  const device = parts.get("device")
  return device === undefined
    ? engineTitles[engine]
    : `${engineTitles[engine]} (${device.replaceAll("_", " ")})`
}

const changeOf = (name: string, before: string | undefined, after: string | undefined): string =>
  `${words[name]} ${before?.replaceAll("_", " ") ?? "none"} → ${after?.replaceAll("_", " ") ?? "none"}`
