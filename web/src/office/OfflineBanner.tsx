import { useNetwork } from "@mantine/hooks";
import { useEffect, useState } from "react";
import { StaleBanner } from "~/ui/states";

/** Says so, with the time since when, while the browser has no network. */
export function OfflineBanner() {
  const { online } = useNetwork();
  const [since, setSince] = useState<number | null>(null);
  useEffect(() => setSince(online ? null : Date.now()), [online]);
  return since === null ? null : <StaleBanner since={since} offline />;
}
