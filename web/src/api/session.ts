import { useQuery, useQueryClient } from "@tanstack/react-query";
import type { Session } from "~/gen/briefing/v1/auth_service_pb";
import { forgetOwner, ownedBy } from "~/lib/own";
import { auth } from "./clients";
import { isSignedOut } from "./errors";

export const SESSION_KEY = ["session"] as const;

/** Permissions of the contract that screens ask for. */
export type Permission =
  | "org.read"
  | "org.write"
  | "briefings.write"
  | "briefings.conduct"
  | "deliveries.read"
  | "deliveries.write"
  | "quality.read"
  | "audit.read";

async function fetchSession(signal: AbortSignal): Promise<Session | null> {
  try {
    return owned((await auth.getSession({}, { signal })).session ?? null);
  } catch (error) {
    if (isSignedOut(error)) return null;
    throw error;
  }
}

function owned(session: Session | null): Session | null {
  ownedBy(session?.person?.name ?? "");
  return session;
}

/** Who is signed in; `null` for nobody. */
export function useSession() {
  return useQuery({
    queryKey: SESSION_KEY,
    queryFn: ({ signal }) => fetchSession(signal),
    staleTime: 5 * 60_000,
  });
}

/** Returns a test for permissions held on at least one subtree; all false while signed out. */
export function usePermissions(): (permission: Permission) => boolean {
  const { data } = useSession();
  return (permission) => data?.permissions.includes(permission) ?? false;
}

/** Returns functions that open and close the session and forget what the person before saw. */
export function useSignIn() {
  const client = useQueryClient();
  return {
    signIn: async (username: string, password: string) => {
      const { session } = await auth.signIn({ username, password });
      client.clear();
      client.setQueryData(SESSION_KEY, owned(session ?? null));
    },
    signOut: async () => {
      await auth.signOut({});
      forgetOwner();
      client.clear();
      client.setQueryData(SESSION_KEY, null);
    },
  };
}
