/** The engine of this process: what `tf` computes with. */
import { UserError } from "../../base/user-error.ts"
import { chooseEngine } from "./choose.ts"
import { engineChoices, type EngineName, isEngineChoice } from "./engine.ts"
import { findEngine } from "./find.ts"
import { thisMachine } from "./machine.ts"

/** The environment variable by which a user chooses, and by which a driver tells its workers what was chosen. */
export const engineVariable = "ABLATE_ENGINE"

let known: EngineName | undefined

/**
 * In a worker what its driver has chosen. In a program of one's own what `ABLATE_ENGINE` says, and otherwise `cpu`: only
 * `auto` makes it look for a GPU, which takes a second or two.
 *
 * @throws UserError when there is no such engine, or `auto` finds none
 */
export const engineHere = (): EngineName => (known ??= engineIn(process.env))

export const engineIn = (env: NodeJS.ProcessEnv): EngineName => {
  const choice = env[engineVariable] || "cpu"
  if (!isEngineChoice(choice)) {
    throw new UserError(`${engineVariable}: there is no engine ${choice}`, {
      hint: `engines are ${engineChoices.join(", ")}`
    })
  }
  if (choice !== "auto") return choice
  const machine = thisMachine()
  return chooseEngine("auto", (name, question) => findEngine(name, question, { machine })).name
}
