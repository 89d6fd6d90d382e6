import { type Program, signatureOf } from "../graph/program.ts"
import { type Compiler, type Executable, compileProgram } from "./executable.ts"

/** How many nodes the sessions of a cache may have in all: a node takes about 10 kB. */
const nodesKept = 50_000

interface Cached {
  readonly session: Executable
  readonly nodes: number
}

/**
 * The sessions of the programs that ran last, by their structure. Bounded in number and size: those that were not used for
 * longest go.
 */
export class SessionCache {
  readonly #compiler: Compiler
  readonly #capacity: number
  /** In the order of last use. */
  readonly #sessions = new Map<string, Cached>()
  #nodes = 0

  constructor(compiler: Compiler, capacity: number) {
    this.#compiler = compiler
    this.#capacity = capacity
  }

  get size(): number {
    return this.#sessions.size
  }

  sessionOf(program: Program): Executable {
    const signature = signatureOf(program)
    const cached = this.#sessions.get(signature) ?? this.#make(program)
    this.#sessions.delete(signature)
    this.#sessions.set(signature, cached)
    while (
      this.#sessions.size > this.#capacity ||
      (this.#nodes > nodesKept && this.#sessions.size > 1)
    ) {
      const [oldest, { nodes, session }] = this.#sessions.entries().next().value!
      this.#sessions.delete(oldest)
      this.#nodes -= nodes
      session.dispose()
    }
    return cached.session
  }

  #make(program: Program): Cached {
    const session = compileProgram(program, this.#compiler)
    const nodes = program.nodes.length
    this.#nodes += nodes
    return { session, nodes }
  }

  dispose(): void {
    for (const { session } of this.#sessions.values()) session.dispose()
    this.#sessions.clear()
    this.#nodes = 0
  }
}
