/** Runs inside the bundle, before the specs: they register one Jasmine suite a test environment while they are imported. */
import * as tf from "@tensorflow/tfjs-core"
import { setTestEnvs } from "@tensorflow/tfjs-core/dist/jasmine_util.js"
import "@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops.js"
import "@tensorflow/tfjs-core/dist/register_all_gradients.js"
import { link } from "./link.ts"

/**
 * Makes the backend `backendName` the one that the specs run on, and its kernels countable.
 *
 * @param register registers the backend and its kernels with the only TensorFlow.js there is in this bundle
 */
export const prepare = (backendName: string, register: (library: typeof tf) => void): void => {
  register(tf)
  const { dataSync, noteKernel } = link()
  for (const config of tf.getKernelsForBackend(backendName)) {
    const { kernelFunc, kernelName } = config
    tf.unregisterKernel(kernelName, backendName)
    tf.registerKernel({
      ...config,
      kernelFunc: (call) => {
        noteKernel(kernelName)
        return kernelFunc(call)
      }
    })
  }
  setTestEnvs([{ name: backendName, backendName, flags: {}, isDataSync: dataSync }])
  // jasmine_util sets it to infinity: a thousand failures would take minutes to unwind.
  Error.stackTraceLimit = 20
}
