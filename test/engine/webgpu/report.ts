/** What the program that runs on WebGPU tells the test that started it. */
export interface Report {
  /** Of each computation: the largest difference from TensorFlow.js's cpu backend, relative to the largest number, or what is wrong. */
  readonly computations: Readonly<Record<string, number | string>>
  readonly training: {
    /** Eager, compiled, and on the cpu backend. */
    readonly losses: readonly [ReadonlyArray<number>, ReadonlyArray<number>, ReadonlyArray<number>]
    /** The largest difference of Adam's first moment, relative to its largest number: eager, compiled. */
    readonly moments: readonly [number, number]
    /** Tensors on the device after each step: eager, compiled; and when all were freed. */
    readonly onDevice: readonly [ReadonlyArray<number>, ReadonlyArray<number>, number]
  }
  /** Claims about who owns memory of the device that turned out to be false. */
  readonly memory: ReadonlyArray<string>
  /** Of each way to use a weight from a file: the largest difference from the same with a tensor. */
  readonly weights: Readonly<Record<string, number>>
}
