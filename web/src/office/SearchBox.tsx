import { Kbd, Text, UnstyledButton } from "@mantine/core";
import { useDisclosure, useHotkeys } from "@mantine/hooks";
import { Search } from "lucide-react";
import { lazy, Suspense } from "react";
import { useTranslation } from "react-i18next";

const SearchDialog = lazy(() => import("./SearchDialog"));

/** The box in the head that opens the search; Ctrl+K from anywhere. */
export function SearchBox() {
  const { t } = useTranslation();
  const [opened, { open, close }] = useDisclosure(false);
  useHotkeys([["mod+K", open]], []);
  return (
    <>
      <UnstyledButton className="gb-search" onClick={open} aria-label={t("search.label")} aria-keyshortcuts="Control+K">
        <Search size={18} aria-hidden="true" />
        <Text span className="gb-search-hint" truncate>
          {t("search.hint")}
        </Text>
        <Kbd visibleFrom="md" size="xs">
          Ctrl K
        </Kbd>
      </UnstyledButton>
      {opened ? (
        <Suspense fallback={null}>
          <SearchDialog onClose={close} />
        </Suspense>
      ) : null}
    </>
  );
}
