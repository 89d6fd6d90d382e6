/**
 * Sessions of ONNX Runtime, created and run synchronously. A kernel's values may be asked for at any moment (`dataSync`),
 * and tensors live in worker processes of their own where nothing waits, so one synchronous way serves all reads. The
 * package's public API only offers promises around the same synchronous calls; the binding below is what it calls itself
 * (checked against onnxruntime-node 1.30, pinned in the lockfile).
 */
import type { InferenceSession, Tensor } from "onnxruntime-common"
import { createRequire } from "node:module"
import { type ElementType } from "./element-type.ts"

export type OrtTensor = Tensor
export type SessionOptions = InferenceSession.SessionOptions

export interface Session {
  /** Runs the model on tensors by the names of its inputs and returns all outputs by name. */
  run(feeds: Readonly<Record<string, OrtTensor>>): Readonly<Record<string, OrtTensor>>
  readonly dispose: () => void
}

interface Binding {
  readonly InferenceSession: new () => {
    loadModel(
      buffer: ArrayBufferLike,
      byteOffset: number,
      byteLength: number,
      options: SessionOptions
    ): void
    readonly outputMetadata: ReadonlyArray<{ readonly name: string }>
    run(
      feeds: Readonly<Record<string, OrtTensor>>,
      fetches: Readonly<Record<string, null>>,
      options: InferenceSession.RunOptions
    ): Record<string, OrtTensor>
    endProfiling(): void
    dispose(): void
  }
}

interface Runtime {
  readonly binding: Binding
  readonly Tensor: typeof Tensor
}

let loaded: Runtime | undefined

const runtime = (): Runtime => (loaded ??= load())

const load = (): Runtime => {
  const require = createRequire(import.meta.url)
  const { binding, initOrt } = require("onnxruntime-node/dist/binding.js") as {
    readonly binding: Binding
    readonly initOrt: () => void
  }
  initOrt()
  const common = require("onnxruntime-common") as { readonly Tensor: typeof Tensor }
  return { binding, Tensor: common.Tensor }
}

/** A tensor that shares the memory of `data`. */
export const ortTensor = (
  type: ElementType,
  data: ArrayBufferView,
  dims: ReadonlyArray<number>
): OrtTensor => {
  const { Tensor } = runtime()
  return new (Tensor as unknown as new (
    type: string,
    data: ArrayBufferView,
    dims: ReadonlyArray<number>
  ) => OrtTensor)(type, data, dims)
}

/** Milliseconds that this process has spent in ONNX Runtime; the rest of a step is JavaScript. */
export const sessionTimes = { createMs: 0, runMs: 0 }

const timed = <A>(part: keyof typeof sessionTimes, body: () => A): A => {
  const start = performance.now()
  try {
    return body()
  } finally {
    sessionTimes[part] += performance.now() - start
  }
}

/** @throws Error with ONNX Runtime's message when the model is not valid or the provider cannot run it */
export const createSession = (model: Uint8Array, options: SessionOptions): Session => {
  const session = new (runtime().binding.InferenceSession)()
  timed("createMs", () =>
    session.loadModel(model.buffer, model.byteOffset, model.byteLength, options)
  )
  if (options.enableProfiling === true) process.once("exit", () => session.endProfiling())
  const fetches = Object.fromEntries(session.outputMetadata.map(({ name }) => [name, null]))
  return {
    run: (feeds) => timed("runMs", () => session.run(feeds, fetches, {})),
    dispose: () => session.dispose()
  }
}
