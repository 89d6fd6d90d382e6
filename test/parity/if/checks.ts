/** All that is compared with the reference of DeepFloyd IF. */
import type { Check } from "./check.ts"
import { pipelineChecks } from "./pipelines-check.ts"
import { schedulerCheck } from "./scheduler-check.ts"
import { t5Check } from "./t5-check.ts"
import { unetCheck } from "./unet-check.ts"

export const checks: ReadonlyArray<Check> = [
  unetCheck("stage1"),
  unetCheck("stage1-f16", "fp16"),
  unetCheck("stage2"),
  t5Check,
  schedulerCheck,
  ...pipelineChecks
]
