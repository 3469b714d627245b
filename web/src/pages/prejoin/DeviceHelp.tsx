import { TriangleAlert } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { DeviceProblem } from "~/room/types";

/** Says what to do about a camera or microphone that cannot be used, and that joining works without. */
export function DeviceHelp({ problem, onRetry }: { problem: DeviceProblem; onRetry: () => void }) {
  const { t } = useTranslation("prejoin");
  return (
    <div className="pj-help" role="status">
      <TriangleAlert size={22} aria-hidden="true" />
      <p>
        {t(`help.${problem}`)} {t("help.joinAnyway")}
      </p>
      {problem === "INSECURE" ? null : (
        <button type="button" className="mt-button" onClick={onRetry}>
          {t("help.retry")}
        </button>
      )}
    </div>
  );
}
