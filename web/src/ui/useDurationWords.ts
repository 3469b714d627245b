import { useCallback } from "react";
import { useTranslation } from "react-i18next";
import { splitDuration } from "~/lib/dates";

/** Returns a function that says a span of milliseconds in words: "1 giờ 30 phút", "2 ngày". */
export function useDurationWords(): (milliseconds: number) => string {
  const { t } = useTranslation();
  return useCallback(
    (milliseconds: number) => {
      const { days, hours, minutes } = splitDuration(milliseconds);
      const words = [];
      if (days > 0) words.push(t("count.days", { count: days }));
      if (hours > 0) words.push(t("count.hours", { count: hours }));
      // Minutes do not matter to somebody who waits for days.
      if (days === 0 && (minutes > 0 || hours === 0)) words.push(t("count.minutes", { count: minutes }));
      return words.join(" ");
    },
    [t],
  );
}
