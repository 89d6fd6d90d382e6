/**
 * Which arithmetic results are computed with. Two runs of one class give the same bits for the same inputs, so the class
 * is part of every key. How many threads compute is not part of it: the engine's lowering sees to that.
 */
import { loweringVersion } from "./lowering-version.ts"
import type { ChosenEngine } from "./provider/choose.ts"
import { isOnnxEngine } from "./provider/engine.ts"

/**
 * Of stages that compute tensors. For instance
 * `onnxruntime@1.30.0 cpu nchwc16 x64 arithmetic@5d0c1a2b lowering@1 v8@13.6`,
 * `onnxruntime@1.30.0 cuda x64 device@NVIDIA_H200 driver@libcuda.so.570.86,… lowering@1 v8@13.6`,
 * `tfjs-cpu@4.22.0 v8@13.6`.
 *
 * V8 is in all of them: a stage may take sines and logarithms from JavaScript, too.
 */
export const numericsClass = ({
  facts: { arch, cpu, device, libraries },
  name
}: Pick<ChosenEngine, "name" | "facts">): string =>
  [
    libraries,
    ...(name === "tfjs" ? [] : [name === "tensorflow" ? (device ? "gpu" : "cpu") : name]),
    ...(cpu?.block === undefined ? [] : [`nchwc${cpu.block}`]),
    ...(name === "tfjs" ? [] : [arch]),
    ...(cpu === undefined ? [] : [`arithmetic@${cpu.arithmetic}`]),
    ...(device === undefined
      ? []
      : [`device@${oneWord(device.name)}`, `driver@${oneWord(device.driver)}`]),
    ...(isOnnxEngine(name) ? [`lowering@${loweringVersion}`] : []),
    scalarNumericsClass()
  ].join(" ")

const oneWord = (text: string): string => text.trim().replaceAll(/\s+/g, "_")

/** Of all other stages, such as `v8@13.6`: the last bit of `Math.cos` and its like has changed between versions of V8. */
export const scalarNumericsClass = (): string =>
  `v8@${process.versions.v8.split(".").slice(0, 2).join(".")}`
