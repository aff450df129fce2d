# Draw again with: gnuplot memory-stalled.gp
set encoding utf8
set terminal svg size 860,470 enhanced font 'DejaVu Sans,13' background '#ffffff'
set output 'memory-stalled.svg'
set datafile separator tab
set border 3 linecolor '#888888' linewidth 1
set tics nomirror out scale 0.6 textcolor '#333333'
set grid ytics linecolor '#dddddd' linewidth 0.8 linetype 1
set tmargin 4.4
set label 900 'Memory held while replicas are stalled' at screen 0.02,0.9489 left noenhanced font 'DejaVu Sans Bold,15'
set label 901 'Allocated bytes of the primary, 1 KiB values, 50 connections, pipeline 64' at screen 0.02,0.8979 left noenhanced font ',11' textcolor '#555555'
set key noenhanced reverse Left bmargin left horizontal samplen 3.2 spacing 1.2 width 1 textcolor '#222222'
set yrange [*<0:*]
set xlabel "Stalled replicas\n " offset 0,0.4 noenhanced
set ylabel 'Allocated memory, GiB' noenhanced
set xrange [0:32.96]
plot 'memory-stalled.tsv' index 3 using 1:($3/1073741824.0) with lines linecolor '#444444' linewidth 1.6 dashtype (8,6) notitle, \
     'memory-stalled.tsv' index 2 using 1:($3/1073741824.0) with lines linecolor '#56B4E9' linewidth 2.2 dashtype 1 notitle, \
     'memory-stalled.tsv' index 2 using 1:($4/1073741824.0):(0):(($5-$4)/1073741824.0) with vectors nohead linecolor '#56B4E9' linewidth 1.4 notitle, \
     'memory-stalled.tsv' index 2 using 1:($3/1073741824.0) with points linecolor '#56B4E9' linewidth 1.6 pointtype 9 pointsize 1.0 notitle, \
     'memory-stalled.tsv' index 1 using 1:($3/1073741824.0) with lines linecolor '#D55E00' linewidth 2.2 dashtype 1 notitle, \
     'memory-stalled.tsv' index 1 using 1:($4/1073741824.0):(0):(($5-$4)/1073741824.0) with vectors nohead linecolor '#D55E00' linewidth 1.4 notitle, \
     'memory-stalled.tsv' index 1 using 1:($3/1073741824.0) with points linecolor '#D55E00' linewidth 1.6 pointtype 5 pointsize 1.0 notitle, \
     'memory-stalled.tsv' index 0 using 1:($3/1073741824.0) with lines linecolor '#0072B2' linewidth 2.2 dashtype 1 notitle, \
     'memory-stalled.tsv' index 0 using 1:($4/1073741824.0):(0):(($5-$4)/1073741824.0) with vectors nohead linecolor '#0072B2' linewidth 1.4 notitle, \
     'memory-stalled.tsv' index 0 using 1:($3/1073741824.0) with points linecolor '#0072B2' linewidth 1.6 pointtype 7 pointsize 0.75 notitle, \
     keyentry with linespoints linecolor '#0072B2' linewidth 2.2 dashtype 1 pointtype 7 pointsize 0.75 title 'Sluice, shared', \
     keyentry with linespoints linecolor '#D55E00' linewidth 2.2 dashtype 1 pointtype 5 pointsize 1.0 title 'Redis', \
     keyentry with linespoints linecolor '#56B4E9' linewidth 2.2 dashtype 1 pointtype 9 pointsize 1.0 title 'Sluice, copy', \
     keyentry with lines linecolor '#444444' linewidth 1.6 dashtype (8,6) title 'what private copies would hold'
