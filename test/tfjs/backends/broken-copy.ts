/** TensorFlow.js's cpu kernels with one missing and one wrong: the runner's own tests look for both in its report. */
import { MathBackendCPU } from "@tensorflow/tfjs-backend-cpu"
import { prepare } from "../prepare.ts"

prepare("broken-copy", (tf) => {
  tf.registerBackend("broken-copy", () => new MathBackendCPU())
  tf.copyRegisteredKernels("cpu", "broken-copy")
  tf.unregisterKernel("Conv2D", "broken-copy")
  const identity = tf.getKernel("Identity", "cpu")
  tf.unregisterKernel("Neg", "broken-copy")
  tf.registerKernel({ ...identity, kernelName: "Neg", backendName: "broken-copy" })
})
