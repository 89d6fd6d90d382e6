import { type OnnxEngine } from "../provider/engine.ts"

/** What a program is lowered for. */
export interface Target {
  readonly provider: OnnxEngine
  /**
   * Channels in a block of the CPU's own layout `[N, C/block, H, W, block]`: 8 or 16, as its vector registers are wide; 0
   * when there is none.
   */
  readonly block: number
  /** Whether the provider computes matrix products and convolutions in float16 when a weight is stored so. */
  readonly float16: boolean
}
