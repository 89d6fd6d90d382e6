/** The solvers by name. */
import { eulerStep } from "./euler.ts"
import { heunStep } from "./heun.ts"
import { midpointStep } from "./midpoint.ts"
import type { SolverStep } from "./solver.ts"

export const solverNames = ["euler", "heun", "midpoint"] as const
export type SolverName = (typeof solverNames)[number]

export const solvers: Readonly<Record<SolverName, SolverStep>> = {
  euler: eulerStep,
  heun: heunStep,
  midpoint: midpointStep
}
