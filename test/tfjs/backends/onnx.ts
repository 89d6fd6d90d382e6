/** Our backend. It gets TensorFlow.js from `src/engine/tfjs.ts`, which is the bundle's own copy here. */
// Kernels of strings and those shaped by values are computed by the cpu backend, which the umbrella package has on board.
import "@tensorflow/tfjs-backend-cpu"
import { register } from "#src/engine/backend/register.ts"
import { nchwcBlockSize } from "#src/engine/provider/block-size.ts"
import { prepare } from "../prepare.ts"

prepare("onnx", () =>
  register({
    target: { provider: "cpu", block: nchwcBlockSize(), float16: false },
    threads: 2
  })
)
