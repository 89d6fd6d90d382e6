/**
 * Weights as external data of an ONNX model: initializers that name a file, an offset and a length. ONNX Runtime maps the
 * file, so that the bytes never pass through JavaScript, and unmaps what it has packed for its kernels.
 *
 * A session has one folder of external data (`sessionFolderOption`); it follows links and refuses a file outside of the
 * folder. The cache of Hugging Face's libraries is made of links that lead to a folder of blobs, and a program may use
 * several models at once, so files are named by their real paths and the folder is the deepest that has all of them in it.
 */
import * as path from "node:path"
import { UserError } from "../../base/user-error.ts"
import { type Dtype } from "../../safetensors/dtype.ts"
import { type ExternalWeight } from "../graph/external-weight.ts"
import { type GraphBuilder } from "../onnx/graph-builder.ts"
import { type WeightTensor } from "./weights.ts"

/** The key below `extra.session` of a session's options that holds the folder. */
export const sessionFolderOption = "model_external_initializers_file_folder_path"

const storedAs: { readonly [D in Dtype]?: ExternalWeight["stored"] } = {
  F32: "float32",
  F16: "float16",
  BF16: "bfloat16"
}

/**
 * A weight that stays in its file; undefined for one that has to come in by `readTensor`: integers, booleans and float64,
 * because the engine computes with float32, and empty tensors, because ONNX Runtime takes a length of 0 for the whole file.
 *
 * @param half whether products with it may be computed in float16
 */
export const externalWeight = (tensor: WeightTensor, half = true): ExternalWeight | undefined => {
  const { byteLength, byteOffset, dtype, file } = tensor
  const stored = storedAs[dtype]
  return stored === undefined || byteLength === 0
    ? undefined
    : {
        folder: path.dirname(file),
        file: path.basename(file),
        byteOffset,
        byteLength,
        stored,
        half
      }
}

/**
 * The folder for a session that reads these weights: the deepest that has all of their files in it.
 *
 * @param system whose paths they are
 * @throws UserError when there is none: files on several drives of Windows
 */
export const externalFolder = (
  weights: ReadonlyArray<ExternalWeight>,
  system: Pick<path.PlatformPath, "parse" | "sep"> = path
): string => {
  const [first, ...others] = new Set(weights.map(({ folder }) => folder))
  if (first === undefined) throw new RangeError("there are no weights to find a folder for")
  const { sep } = system
  const { root } = system.parse(first)
  let common = first.split(sep)
  for (const folder of others) {
    if (system.parse(folder).root !== root) {
      throw new UserError(`the weights lie on different drives: in ${first} and in ${folder}`, {
        hint: "move them to one drive; ONNX Runtime reads all weights of a program from one folder"
      })
    }
    const parts = folder.split(sep)
    const differs = common.findIndex((part, index) => part !== parts[index])
    if (differs >= 0) common = common.slice(0, differs)
  }
  const folder = common.join(sep)
  // Of `/a` and `/b` only the empty name before the slash is left.
  return folder.length < root.length ? root : folder
}

/**
 * Adds a weight to a graph, as float32. Elements are converted where the session runs, exactly; nothing is copied here.
 *
 * A graph's nodes must be written with the conversions first (`weightsFirst`): else all of them run before anything else,
 * and all converted weights are in memory at once.
 *
 * @param folder of the session, see `externalFolder`
 * @returns the name of the value
 */
export const addWeight = (
  graph: GraphBuilder,
  folder: string,
  weight: ExternalWeight,
  dims: ReadonlyArray<number>
): string => {
  const stored = addStoredWeight(graph, folder, weight, dims)
  return weight.stored === "float32" ? stored : graph.cast(stored, "float32")
}

/** The same, as it is stored. */
export const addStoredWeight = (
  graph: GraphBuilder,
  folder: string,
  weight: ExternalWeight,
  dims: ReadonlyArray<number>
): string => {
  const file = path
    .relative(folder, path.join(weight.folder, weight.file))
    .split(path.sep)
    .join("/")
  return graph.external(weight.stored, dims, {
    file,
    offset: weight.byteOffset,
    length: weight.byteLength
  })
}
