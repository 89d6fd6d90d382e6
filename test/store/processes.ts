/** Child processes of tests, which end with the test at the latest. */
import { type ChildProcess, fork } from "node:child_process"
import { once } from "node:events"
import { join } from "node:path"
import { onTestFinished } from "vitest"

export const startChild = (script: string, args: ReadonlyArray<string>): ChildProcess => {
  const child = fork(join(import.meta.dirname, "children", script), args, {
    stdio: ["ignore", "pipe", "inherit", "ipc"],
    execArgv: []
  })
  onTestFinished(() => void child.kill("SIGKILL"))
  return child
}

export const nextMessage = async (child: ChildProcess): Promise<unknown> => {
  const [message] = (await once(child, "message")) as [unknown]
  return message
}

export const ended = async (child: ChildProcess): Promise<number | null> => {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode
  const [code] = (await once(child, "exit")) as [number | null]
  return code
}

export const kill = async (child: ChildProcess): Promise<void> => {
  child.kill("SIGKILL")
  await ended(child)
}
