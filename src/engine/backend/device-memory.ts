/**
 * When memory of a device is freed. The host's memory belongs to JavaScript's garbage collector; a tensor on a device has to be
 * disposed, once and by somebody who knows that nobody will read it any more.
 */
import { type Data } from "../graph/value.ts"
import { type OrtTensor } from "../onnx/session.ts"

/**
 * Counts who holds each tensor of the device. One that nobody holds may still be read by a node that waits to be computed, so
 * it is only freed when its owner says that nothing waits. Data elsewhere are none of its business.
 */
export class DeviceMemory {
  readonly #holders = new Map<OrtTensor, number>()
  readonly #unheld = new Set<OrtTensor>()

  /** How many tensors are on the device. */
  get size(): number {
    return this.#holders.size
  }
  get hasUnheld(): boolean {
    return this.#unheld.size > 0
  }

  hold(data: Data | undefined, holders = 1): void {
    if (data?.at !== "device") return
    const held = (this.#holders.get(data.tensor) ?? 0) + holders
    this.#holders.set(data.tensor, held)
    if (held === 0) this.#unheld.add(data.tensor)
    else this.#unheld.delete(data.tensor)
  }

  release(data: Data | undefined): void {
    if (data?.at === "device" && this.#holders.has(data.tensor)) this.hold(data, -1)
  }

  freeUnheld(): void {
    for (const tensor of this.#unheld) {
      tensor.dispose()
      this.#holders.delete(tensor)
    }
    this.#unheld.clear()
  }

  /** Also what is held. */
  freeAll(): void {
    for (const tensor of this.#holders.keys()) tensor.dispose()
    this.#holders.clear()
    this.#unheld.clear()
  }
}
