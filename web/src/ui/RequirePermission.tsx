import type { ReactNode } from "react";
import { type Permission, usePermissions } from "~/api/session";
import { NoRight } from "./states";

/** Shows its children only to those who hold the permission somewhere; the server decides for good. */
export function RequirePermission({ permission, children }: { permission: Permission; children: ReactNode }) {
  const may = usePermissions();
  return may(permission) ? children : <NoRight />;
}
