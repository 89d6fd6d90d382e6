/** What the rewrites make of a program. */
import type { Tensor } from "@tensorflow/tfjs"
import { type OnnxBackend } from "#src/engine/backend/onnx-backend.ts"
import { programOf } from "#src/engine/graph/program.ts"
import { type Node } from "#src/engine/graph/value.ts"
import { rewriteAll } from "#src/engine/program/executable.ts"
import { stages } from "#src/engine/rewrite/rules.ts"
import { library } from "../../support/backends.ts"

/** The nodes of the program that makes what `body` returns, after all rewrites. */
export const rewrittenNodes = (body: () => Tensor | Array<Tensor>): ReadonlyArray<Node> => {
  void library.setBackend("onnx")
  const backend = library.backend() as unknown as OnnxBackend
  const before = library.memory().numTensors
  const made = library.tidy(body)
  const results = [made].flat().map((tensor) => backend.valueOf(tensor))
  const program = programOf(results.filter(({ producer }) => producer !== undefined))
  const { nodes } = rewriteAll(program, { recorder: backend.recorder, stages })
  library.dispose(made)
  if (library.memory().numTensors < before) throw new Error("a test disposed too much")
  return nodes
}

/** Their operators in order, without constants. */
export const rewrittenOps = (body: () => Tensor | Array<Tensor>): ReadonlyArray<string> =>
  rewrittenNodes(body)
    .map(({ op }) => op)
    .filter((op) => op !== "Constant")
