/**
 * What the machine can do at best, measured through ONNX Runtime: floating-point operations a second of the two
 * operations that a network's time goes to, convolutions in the blocked layout and matrix products.
 */
import { GraphBuilder } from "../../src/engine/onnx/graph-builder.ts"
import { createSession, ortTensor } from "../../src/engine/onnx/session.ts"
import { nchwcBlockSize } from "../../src/engine/provider/block-size.ts"
import { uniform } from "./data.ts"
import type { Flop } from "./flop.ts"
import { isQuiet, markLoad, othersSince } from "./machine-load.ts"
import { summary } from "./statistics.ts"

/** Operations of one kind at one size; a multiply-add counts as two. */
export interface Peak {
  readonly name: string
  readonly kind: "convolution" | "product"
  /** 10^9 operations a second of the quickest run. */
  readonly gflops: number
  readonly medianGflops: number
  /** The largest share of the processors that other programs had meanwhile, 0 to 1; 0 when unknown. */
  readonly othersShare: number
}

/** The times of runs one after the other, and what others took of the processors meanwhile. */
interface Burst {
  readonly ms: ReadonlyArray<number>
  readonly others: number | undefined
}

interface Probe extends Pick<Peak, "name" | "kind"> {
  /** Operations of one link of the chain. */
  readonly flop: number
  readonly input: ReadonlyArray<number>
  readonly weight: ReadonlyArray<number>
  /** Output has the shape of the input, so that links can be chained. */
  readonly link: (graph: GraphBuilder, value: string, weight: string) => string
}

/** Several links in one run hide the costs that a run has once: its call, its feeds, its outputs' memory. */
const links = 4
const nchwc = { domain: "com.microsoft.nchwc" } as const

const convolution = (channels: number, size: number, batch = 64): Probe => ({
  name: `blocked conv ${channels} to ${channels}, 3x3, ${size}x${size}`,
  kind: "convolution",
  flop: 2 * 9 * channels * channels * size * size * batch,
  input: [batch, channels, size, size],
  weight: [channels, channels, 3, 3],
  link: (graph, value, weight) =>
    graph.node(
      "Conv",
      [value, weight],
      { kernel_shape: [3, 3], pads: [1, 1, 1, 1], strides: [1, 1], dilations: [1, 1], group: 1 },
      nchwc
    )
})

const product = (rows: number, inner: number): Probe => ({
  name: `matrix product ${rows}x${inner} · ${inner}x${inner}`,
  kind: "product",
  flop: 2 * rows * inner * inner,
  input: [rows, inner],
  weight: [inner, inner],
  link: (graph, value, weight) => graph.node("MatMul", [value, weight])
})

const probes: ReadonlyArray<Probe> = [
  convolution(64, 28),
  convolution(128, 14),
  convolution(128, 7),
  product(1024, 1024),
  product(4096, 256)
]

/** The machine's peaks, from the runs of all calls so far; to be called several times during a benchmark. */
export class Roofline {
  readonly threads: number
  /** Channels in a block of the blocked layout here; 0 where the processor has none. */
  readonly block: number
  readonly #bursts = new Map<Probe, Array<Burst>>()

  constructor(threads: number) {
    this.threads = threads
    this.block = nchwcBlockSize()
  }

  /** Runs each operation for about `budgetMs`. */
  measure(budgetMs = 400): void {
    for (const probe of probes) {
      if (probe.kind === "convolution" && this.block === 0) continue
      const bursts = this.#bursts.get(probe) ?? []
      this.#bursts.set(probe, bursts)
      bursts.push(burstOf(probe, this.threads, budgetMs))
    }
  }

  get peaks(): ReadonlyArray<Peak> {
    return [...this.#bursts].map(([{ flop, kind, name }, bursts]) => {
      const quiet = bursts.filter(({ others }) => isQuiet(others))
      const counted = quiet.length > 0 ? quiet : bursts
      const { median, min } = summary(counted.flatMap(({ ms }) => ms))
      const rate = (ms: number) => (flop * links) / ms / 1e6
      const othersShare = Math.max(...counted.map(({ others }) => others ?? 0))
      return { name, kind, gflops: rate(min), medianGflops: rate(median), othersShare }
    })
  }

  /**
   * The least time in ms that work of so many operations can take: each kind at the best rate of its operations, where an
   * operation's rate is that of its median or of its quickest run.
   *
   * @throws RangeError before the first measurement
   */
  leastMs(of: "median" | "min", { convolution, product }: Flop): number {
    const best = (kind: Peak["kind"]) =>
      Math.max(
        0,
        ...this.peaks
          .filter((peak) => peak.kind === kind)
          .map(({ gflops, medianGflops }) => (of === "median" ? medianGflops : gflops))
      )
    const products = best("product")
    if (products === 0) throw new RangeError("measure before asking for a bound")
    return (convolution / (best("convolution") || products) + product / products) / 1e6
  }
}

const burstOf = (probe: Probe, threads: number, budgetMs: number): Burst => {
  const graph = new GraphBuilder()
  const feeds = Object.fromEntries(
    [probe.input, probe.weight].map((dims) => [graph.input("float32", dims), tensor(dims)])
  )
  const [input, weight] = Object.keys(feeds) as [string, string]
  let value = input
  for (let link = 0; link < links; link++) value = probe.link(graph, value, weight)
  // One row of the result, so that no large output is handed out.
  const first = graph.node("Slice", [value, graph.ints([0]), graph.ints([1]), graph.ints([0])])
  graph.output(first, "float32", [1, ...probe.input.slice(1)])
  const session = createSession(graph.encode(), options(threads))
  const once = () => {
    const start = performance.now()
    session.run(feeds)
    return performance.now() - start
  }
  for (let turn = 0; turn < 2; turn++) once()
  const from = markLoad(process.pid)
  const ms: Array<number> = []
  for (let spent = 0; spent < budgetMs || ms.length < 3; spent += ms.at(-1)!) ms.push(once())
  const others = othersSince(from, process.pid)
  session.dispose()
  return { ms, others }
}

const options = (threads: number) => ({
  intraOpNumThreads: threads,
  graphOptimizationLevel: "basic" as const,
  enableMemPattern: false
})

/** Noise of deviation 1/16 to 1/32, so that a chain neither overflows nor fades into denormal numbers. */
const tensor = (dims: ReadonlyArray<number>) => {
  const size = dims.reduce((total, dim) => total * dim, 1)
  const next = uniform()
  const values = Float32Array.from({ length: size }, () => (next() - 0.5) / 5)
  return ortTensor("float32", values, dims)
}
