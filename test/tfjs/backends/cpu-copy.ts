/** TensorFlow.js's own cpu kernels under another name: every spec must pass, or the runner is broken. */
import { MathBackendCPU } from "@tensorflow/tfjs-backend-cpu"
import { prepare } from "../prepare.ts"

prepare("cpu-copy", (tf) => {
  tf.registerBackend("cpu-copy", () => new MathBackendCPU())
  tf.copyRegisteredKernels("cpu", "cpu-copy")
})
