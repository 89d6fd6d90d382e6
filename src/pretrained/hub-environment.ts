/** What Hugging Face's own libraries take from the environment (huggingface_hub, "Environment variables"). */
import { readFileSync } from "node:fs"
import { homedir } from "node:os"
import { join } from "node:path"
import { unreadableReason } from "../base/unreadable-reason.ts"
import { UserError } from "../base/user-error.ts"

type Environment = NodeJS.ProcessEnv

/** Without a slash at the end. */
export const hubEndpoint = (env: Environment): string => {
  const given = env["HF_ENDPOINT"] || "https://huggingface.co"
  if (!URL.canParse(given) || !/^https?:/.test(given)) {
    throw new UserError(`HF_ENDPOINT ${given} is no address of a web server`)
  }
  return given.replace(/\/+$/, "")
}

/** The folder in which models that were downloaded before lie as `models--OWNER--NAME`. */
export const hubCacheFolder = (env: Environment): string =>
  env["HF_HUB_CACHE"] || env["HUGGINGFACE_HUB_CACHE"] || join(hubHome(env), "hub")

const hubHome = (env: Environment): string =>
  env["HF_HOME"] ||
  join(env["XDG_CACHE_HOME"] || join(env["HOME"] || homedir(), ".cache"), "huggingface")

/**
 * The token by which the hub knows who asks: `HF_TOKEN`, else what `hf auth login` has written.
 *
 * @returns undefined when there is none
 * @throws UserError when a file is there and cannot be read, or holds no token
 */
export const hubToken = (env: Environment): string | undefined => {
  const given = (env["HF_TOKEN"] || env["HUGGING_FACE_HUB_TOKEN"] || "").trim()
  if (given !== "") return checked(given, "HF_TOKEN")
  const path = env["HF_TOKEN_PATH"] || join(hubHome(env), "token")
  let content
  try {
    content = readFileSync(path, "utf8").trim()
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    if (code === "ENOENT" || code === "ENOTDIR") return undefined
    throw new UserError(`the token in ${path} cannot be read: ${unreadableReason(cause)}`, {
      exitCode: 1,
      hint: "give the file back its permissions (chmod 600), or put the token into HF_TOKEN",
      cause
    })
  }
  return content === "" ? undefined : checked(content, path)
}

/** What could not stand in a header would be an error that shows the token. */
const checked = (token: string, where: string): string => {
  if (/^[\x21-\x7e]+$/.test(token)) return token
  throw new UserError(`${where} does not hold a token`, {
    exitCode: 1,
    hint: "a token is one word that begins with hf_"
  })
}
