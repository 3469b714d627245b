import { useEffect, useState } from "react";
import { useNavigationType, useSearchParams } from "react-router";

/**
 * The text of a search box that the address keeps as `q`, and the function that changes it. The address is written
 * but not shown: it follows a moment after typing, and an input that waits for it loses letters.
 */
export function useSearchText(): [text: string, change: (text: string) => void] {
  const [parameters, setParameters] = useSearchParams();
  const kind = useNavigationType();
  const asked = parameters.get("q") ?? "";
  const [text, setText] = useState(asked);

  // Typing replaces the address; whatever came otherwise is a link or a step back, and asks for its own text.
  useEffect(() => {
    if (kind !== "REPLACE") setText(asked);
  }, [kind, asked]);

  const change = (next: string) => {
    setText(next);
    setParameters(
      (before) => {
        if (next) before.set("q", next);
        else before.delete("q");
        return before;
      },
      { replace: true },
    );
  };
  return [text, change];
}
