import { sessionFolderOption } from "../weights/external-data.ts"
import { type SessionOptions } from "../onnx/session.ts"
import { providerNames } from "../provider/engine.ts"
import { type Target } from "../lowering/target.ts"
import { type Runs } from "./executable.ts"

/**
 * How sessions are made, measured in docs/performance.md.
 *
 * @param work about how many operations a run takes, see `workOf`
 * @param threads for one operator; never more than there are cores, where a third thread on two cores costs half the speed
 */
export const sessionOptions = (
  { provider }: Target,
  threads: number,
  weightsFolder: string | undefined,
  runs: Runs,
  work: number
): SessionOptions => ({
  executionProviders: [providerNames[provider]],
  // Our lowering has chosen operators and layouts for the CPU already, and without ONNX Runtime's own fusions the bits do not
  // depend on them. On other providers its transpose optimizer cancels most layout changes around convolutions.
  graphOptimizationLevel:
    provider !== "cpu" ? "all" : folds(weightsFolder, runs) ? "basic" : "disabled",
  // The plan of memory by pattern keeps two fifths more memory and gains no time.
  enableMemPattern: false,
  // Results stay where the next run reads them; `readDevice` fetches those that are asked for. onnxruntime-node knows
  // memory of this one provider only: others hand their results over to the host.
  ...(provider === "webgpu" ? { preferredOutputLocation: "gpu-buffer" as const } : {}),
  intraOpNumThreads: work < workForThreads ? 1 : threads,
  executionMode: "sequential",
  logSeverityLevel: 3,
  // A trace of every operator's time, written when the session ends; see docs/engine.md.
  ...(process.env["ABLATE_PROFILE"] === undefined
    ? {}
    : { enableProfiling: true, profileFilePrefix: process.env["ABLATE_PROFILE"] }),
  extra: {
    session: weightsFolder === undefined ? {} : { [sessionFolderOption]: weightsFolder },
    optimization:
      provider === "cpu" && folds(weightsFolder, runs)
        ? { disable_specified_optimizers: otherOptimizers.join(";") }
        : {}
  }
})

/**
 * Below this a program is run by one thread: a session's threads take time to start, go on looking for work for a while after
 * each run, and save less than they cost. The bits do not depend on it.
 */
const workForThreads = 1_000_000

/**
 * Whether weights that lie in files are converted to float32, and filters rearranged, once and for all. That costs a copy of
 * them in memory and time when the session is made, and saves half of the time of a large product with few rows (measured
 * by bench/weights.ts). The bits are the same.
 */
const folds = (weightsFolder: string | undefined, runs: Runs): boolean =>
  weightsFolder !== undefined && runs === "often"

/** All optimizers of ONNX Runtime 1.30's level "basic" but ConstantFolding, in the order of its log. */
const otherOptimizers = [
  "Level1_RuleBasedTransformer",
  "DoubleQDQPairsRemover",
  "ConstantSharing",
  "CommonSubexpressionElimination",
  "MatMulAddFusion",
  "ReshapeFusion",
  "FreeDimensionOverrideTransformer",
  "GeluFusionL1",
  "LayerNormFusionL1",
  "SliceConcatToSpaceToDepthFusion",
  "QDQPropagationTransformer",
  "EnsureUniqueDQForNodeUnit",
  "WeightBiasQuantization",
  "WhereDummyDq",
  "TransposeOptimizer"
]
