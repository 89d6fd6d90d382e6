/** Why the hub gives nothing, and what the user can do about it. */
import { UserError } from "../base/user-error.ts"
import type { Manifest } from "./manifest.ts"

/**
 * @param status the hub's answer
 * @param access whether a token was sent
 */
export const refusedByHub = (
  { licence, name, source }: Manifest,
  status: number,
  url: string,
  { token }: { readonly token: string | undefined }
): UserError => {
  const { repository, revision } = source
  const accept = licence.mustBeAccepted
    ? `accept the licence (${licence.name}) at ${licence.url}, logged in to Hugging Face; `
    : ""
  if (status === 401 && token !== undefined) {
    return new UserError(`Hugging Face does not know the token that was sent for ${repository}`, {
      exitCode: 1,
      hint: "make a new one with the right to read at https://huggingface.co/settings/tokens, and put it into HF_TOKEN or give it to `hf auth login`"
    })
  }
  if (status === 401 || status === 403) {
    const who = token === undefined ? "those who say who they are" : "this token's account"
    return new UserError(
      token === undefined
        ? `Hugging Face gives ${repository} only to ${who} and have accepted its licence`
        : `Hugging Face does not give ${repository} to ${who}: its licence has not been accepted, or the token may not read it`,
      {
        exitCode: 1,
        hint: `${accept}${
          token === undefined
            ? "then make a token with the right to read at https://huggingface.co/settings/tokens, and put it into HF_TOKEN or give it to `hf auth login`"
            : "a fine-grained token also needs the right to read gated repositories"
        }`
      }
    )
  }
  if (status === 404) {
    return new UserError(
      `Hugging Face has no revision ${revision} of ${repository}, or not the file ${url}`,
      { exitCode: 1, hint: `the manifest of ${name} names them below \`source\`` }
    )
  }
  return new UserError(`${url} answers ${status}`, { exitCode: 1, hint: "try again later" })
}

export const unreachableHub = ({ name }: Manifest, endpoint: string, problem: string): UserError =>
  new UserError(`${endpoint} cannot be reached: ${problem}`, {
    exitCode: 1,
    hint: `what has arrived is kept. Without a network: copy the files from where they are, then \`ablate weights link ${name} FOLDER\``
  })
