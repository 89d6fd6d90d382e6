/**
 * PyTorch's CPU generator, for repeating published notebooks: after `torch.manual_seed(s)` the same calls in the same
 * order give the same numbers. Unlike our own streams it has state, so the order of calls matters.
 *
 * The engine is MT19937 (Matsumoto & Nishimura 1998, init_genrand). What is made of its words follows ATen's
 * `DistributionsHelper.h`, `cpu/DistributionTemplates.h` and `native/TensorFactories.cpp`, version 1.13. Whole numbers
 * and uniforms agree exactly; normals to 5e-7, since PyTorch evaluates log, sin and cos with vector approximations.
 */

const stateSize = 624
const middle = 397
const two32 = 2 ** 32

/** From this many elements on, PyTorch fills normals in blocks of 16 instead of one by one. */
const blockSize = 16

export class TorchCpuGenerator {
  readonly #state = new Uint32Array(stateSize)
  #next = stateSize
  /** The second normal of a pair, which the next short call returns first. */
  #kept: number | undefined

  /** As `torch.manual_seed(seed)`; of the seed only the lower 32 bits matter, as in PyTorch. */
  constructor(seed: number) {
    if (!Number.isSafeInteger(seed)) throw new RangeError(`a seed is a safe integer, got ${seed}`)
    this.#state[0] = seed >>> 0
    for (let i = 1; i < stateSize; i++) {
      const previous = this.#state[i - 1]!
      this.#state[i] = Math.imul(1_812_433_253, previous ^ (previous >>> 30)) + i
    }
  }

  /** `torch.rand(count)`, float32: multiples of 2⁻²⁴ in [0, 1). */
  rand(count: number): Float32Array {
    return Float32Array.from({ length: count }, () => this.#uniform24())
  }

  /** `torch.rand(count, dtype=torch.float64)`: multiples of 2⁻⁵³ in [0, 1). */
  randFloat64(count: number): Float64Array {
    return Float64Array.from({ length: count }, () => this.#uniform53())
  }

  /** `torch.randint(low, high, (count,))`: whole numbers from `low` up to, not including, `high`. */
  randint(low: number, high: number, count: number): Float64Array {
    const range = high - low
    if (!Number.isSafeInteger(low) || !Number.isSafeInteger(high) || range < 1 || range >= two32) {
      throw new RangeError(
        `randint needs whole numbers low < high < low + 2^32, got ${low}, ${high}`
      )
    }
    return Float64Array.from({ length: count }, () => low + (this.#word() % range))
  }

  /** `torch.randperm(count)`: the numbers 0 to count - 1, shuffled. */
  randperm(count: number): Int32Array {
    const permutation = Int32Array.from({ length: count }, (_, i) => i)
    for (let i = 0; i < count - 1; i++) {
      const other = i + (this.#word() % (count - i))
      const moved = permutation[i]!
      permutation[i] = permutation[other]!
      permutation[other] = moved
    }
    return permutation
  }

  /**
   * `torch.randn(count)`, float32. For a tensor of several dimensions `count` is their product; the values come in
   * PyTorch's own row-major order, for images `[N,C,H,W]`.
   */
  randn(count: number): Float32Array {
    if (count < blockSize) return Float32Array.from({ length: count }, () => this.#normal())
    return fillInBlocks(this.rand(count), () => this.rand(blockSize))
  }

  /** `torch.randn(count, dtype=torch.float64)`. */
  randnFloat64(count: number): Float64Array {
    if (count < blockSize) return Float64Array.from({ length: count }, () => this.#normal())
    return fillInBlocks(this.randFloat64(count), () => this.randFloat64(blockSize))
  }

  #normal(): number {
    if (this.#kept !== undefined) {
      const kept = this.#kept
      this.#kept = undefined
      return kept
    }
    const angle = 2 * Math.PI * this.#uniform53()
    const radius = Math.sqrt(-2 * Math.log1p(-this.#uniform53()))
    this.#kept = radius * Math.sin(angle)
    return radius * Math.cos(angle)
  }

  #uniform24(): number {
    return (this.#word() & 0xffffff) * 2 ** -24
  }

  #uniform53(): number {
    const high = this.#word() & 0x1fffff
    return (high * two32 + this.#word()) * 2 ** -53
  }

  #word(): number {
    if (this.#next === stateSize) this.#twist()
    let word = this.#state[this.#next++]!
    word ^= word >>> 11
    word ^= (word << 7) & 0x9d2c5680
    word ^= (word << 15) & 0xefc60000
    word ^= word >>> 18
    return word >>> 0
  }

  #twist(): void {
    const state = this.#state
    for (let i = 0; i < stateSize; i++) {
      const mixed = (state[i]! & 0x80000000) | (state[(i + 1) % stateSize]! & 0x7fffffff)
      const twisted = state[(i + middle) % stateSize]! ^ (mixed >>> 1)
      state[i] = mixed & 1 ? twisted ^ 0x9908b0df : twisted
    }
    this.#next = 0
  }
}

/**
 * Turns uniforms into normals in place, 16 at a time; the last 16 are drawn and transformed anew when the count is no
 * multiple of 16, which overwrites part of the block before.
 */
const fillInBlocks = <A extends Float32Array | Float64Array>(values: A, draw: () => A): A => {
  const whole = values.length - (values.length % blockSize)
  for (let start = 0; start < whole; start += blockSize) transformBlock(values, start)
  if (whole < values.length) {
    const start = values.length - blockSize
    values.set(draw(), start)
    transformBlock(values, start)
  }
  return values
}

const transformBlock = (values: Float32Array | Float64Array, start: number): void => {
  const round = values instanceof Float32Array ? Math.fround : (value: number) => value
  for (let j = start; j < start + blockSize / 2; j++) {
    const radius = round(Math.sqrt(round(-2 * round(Math.log(1 - values[j]!)))))
    const angle = round(round(2 * Math.PI) * values[j + blockSize / 2]!)
    values[j] = radius * round(Math.cos(angle))
    values[j + blockSize / 2] = radius * round(Math.sin(angle))
  }
}
