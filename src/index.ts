/** What a project's own stages are written with: `import { defineStage, port, Schema } from "ablate"`. */
export * as Effect from "effect/Effect"
export * as Schema from "effect/Schema"
export { UserError } from "./base/user-error.ts"
export { compile } from "./engine/compile.ts"
export { tf } from "./engine/tf.ts"
export { openWeights } from "./engine/weights/open-weights.ts"
export { weightTensor } from "./engine/weights/weight-tensor.ts"
export { normal, uniform } from "./engine/random/streams.ts"
export {
  defineStage,
  type FolderFile,
  type InputsOf,
  type Known,
  type Labelled,
  type OutputsOf,
  type ParamIssue,
  port,
  type RunContext,
  type SourceFile,
  type SourceFolder,
  type StageDefinition
} from "./stage.ts"
export { levelsOf } from "./values/dataset/levels.ts"
export type {
  Architecture,
  Dataset,
  Embedding,
  Estimator,
  File,
  Image,
  Images,
  Mask,
  Metrics,
  Model,
  Models,
  NoiseSchedule,
  PixelRange,
  Pretrained,
  Table,
  Tensor,
  TrainingState,
  Value,
  Weight
} from "./values/values.ts"
