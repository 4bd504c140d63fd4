import { Anchor, Button, type AnchorProps, type ButtonProps } from "@mantine/core";
import { createLink } from "@tanstack/react-router";
import type { AnchorHTMLAttributes, Ref } from "react";

type LinkAttributes = Omit<AnchorHTMLAttributes<HTMLAnchorElement>, "style" | "color"> & { ref?: Ref<HTMLAnchorElement> };

/** A text link to a page of the console, with the router's checked addresses. */
export const AnchorLink = createLink((props: AnchorProps & LinkAttributes) => <Anchor size="sm" {...props} />);

/** A link that looks like a button. */
export const ButtonLink = createLink((props: ButtonProps & LinkAttributes) => <Button component="a" {...props} />);
