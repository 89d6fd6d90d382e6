/**
 * Engines: with what, and where, tensors are computed.
 *
 * This room finds out which engines a machine has and chooses one. It never computes a stage's tensors. Finding out loads
 * native libraries, which may crash, so it happens in a process of its own (`probe.ts`); what is asked on every start
 * (`machine.ts`) only looks at files.
 */

/** Engines by name. The first five are ONNX Runtime with one of its execution providers. */
export const engineNames = [
  "cpu",
  "webgpu",
  "cuda",
  "coreml",
  "directml",
  "tensorflow",
  "tfjs"
] as const

export type EngineName = (typeof engineNames)[number]

/** What a user may ask for: an engine, or `auto`, the best that this machine has. */
export const engineChoices = ["auto", ...engineNames] as const

export type EngineChoice = (typeof engineChoices)[number]

export const isEngineChoice = (text: string): text is EngineChoice =>
  (engineChoices as ReadonlyArray<string>).includes(text)

/** Those of which only trying tells whether they can be used. */
export type TriedEngine = Exclude<EngineName, "tfjs">

export type OnnxEngine = Exclude<EngineName, "tensorflow" | "tfjs">

export const isOnnxEngine = (name: EngineName): name is OnnxEngine =>
  name !== "tensorflow" && name !== "tfjs"

/** The execution providers' names in the session options of onnxruntime-node. */
export const providerNames: Readonly<Record<OnnxEngine, string>> = {
  cpu: "cpu",
  webgpu: "webgpu",
  cuda: "cuda",
  coreml: "coreml",
  directml: "dml"
}

/** For sentences: "ONNX Runtime on the CPU". */
export const engineTitles: Readonly<Record<EngineName, string>> = {
  cpu: "ONNX Runtime on the CPU",
  webgpu: "ONNX Runtime on WebGPU",
  cuda: "ONNX Runtime on CUDA",
  coreml: "ONNX Runtime on CoreML",
  directml: "ONNX Runtime on DirectML",
  tensorflow: "TensorFlow",
  tfjs: "TensorFlow.js's cpu backend"
}
