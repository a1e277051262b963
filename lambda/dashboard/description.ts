/** What CloudWatch shows of the widget in the place where widgets are added: Markdown. */
export const DESCRIPTION = `## TLS watch: does mail flow?

One sentence on whether mail flows by the Postfix TLS policy, the open incidents, worst first, each with
since when and the line to use, what ends next, what is not watched, and when the last run was. It reads
what the runs kept, asks no mail server anything, and writes nothing.

### Widget parameters

None: policy and vantage are those of the stack.

### Who may see it

Whoever may call this function: CloudWatch calls it with the rights of the person who looks
(\`lambda:InvokeFunction\`).
`;
