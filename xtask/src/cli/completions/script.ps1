# Nothing that was typed is run: the words are taken from PowerShell's own reading of the line. They go by a variable,
# since Windows PowerShell drops an empty word and breaks one with quotes, and come back as ASCII, in JSON, since it reads
# what a program prints in the console's code page.
Register-ArgumentCompleter -Native -CommandName PROGRAM -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $words = @(foreach ($element in $commandAst.CommandElements) {
        if ($element.Extent.StartOffset -ge $cursorPosition) { break }
        if ($element -is [System.Management.Automation.Language.StringConstantExpressionAst]) { $element.Value } else { $element.Extent.Text }
    })
    if ($wordToComplete -eq '') { $words += '' }
    $shellBefore, $wordsBefore = $env:XTASK_COMPLETE, $env:XTASK_COMPLETE_WORDS
    try {
        $env:XTASK_COMPLETE = 'powershell'
        $env:XTASK_COMPLETE_WORDS = $words -join "`n"
        $answer = & COMPLETER 2>$null
    } finally {
        $env:XTASK_COMPLETE, $env:XTASK_COMPLETE_WORDS = $shellBefore, $wordsBefore
    }
    foreach ($line in $answer) {
        $candidate = ConvertFrom-Json $line
        [System.Management.Automation.CompletionResult]::new($candidate.quoted, $candidate.value, 'ParameterValue', $candidate.help)
    }
}
